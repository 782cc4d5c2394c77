namespace Millrace.Iceberg;

/// <summary>Merges small manifests of one partition spec into few, in order of partition, so that each covers a short
/// range of days.</summary>
internal sealed class ManifestMerge(SnapshotDraft draft, ManifestCache cache)
{
    /// <summary>A manifest with fewer files is small.</summary>
    private const int SmallEntries = 100;

    /// <summary>A merged manifest is closed at this many files,</summary>
    private const int MergedEntriesMax = 1000;

    /// <summary>or at this many bytes: Iceberg's default <c>commit.manifest.target-size-bytes</c>.</summary>
    private const long MergedBytesMax = 8 << 20;

    /// <returns>False if there are too few small manifests to be worth it; nothing is written then.</returns>
    internal async Task<bool> WriteAsync(IReadOnlyList<ManifestFile> parents, int minCount, CancellationToken ct)
    {
        List<IGrouping<int, ManifestFile>> groups = [.. parents
            .Where(manifest => manifest.Content == ManifestContent.Data && manifest.LiveFiles < SmallEntries)
            .GroupBy(manifest => manifest.SpecId)
            .Where(group => group.Count() >= Math.Max(minCount, 2))];
        if (groups.Count == 0)
        {
            return false;
        }
        HashSet<string> merged = [];
        foreach (IGrouping<int, ManifestFile> group in groups)
        {
            await MergeAsync(group, ct);
            merged.UnionWith(group.Select(manifest => manifest.Path));
        }
        foreach (ManifestFile manifest in parents.Where(manifest => !merged.Contains(manifest.Path)))
        {
            draft.Carry(manifest);
        }
        draft.Counts.Extra["manifests-replaced"] = merged.Count;
        draft.Counts.Extra["manifests-kept"] = parents.Count - merged.Count;
        return true;
    }

    private async Task MergeAsync(IGrouping<int, ManifestFile> group, CancellationToken ct)
    {
        var entries = new List<ManifestEntry>();
        foreach (ManifestFile manifest in group)
        {
            Manifest decoded = await cache.GetAsync(manifest, ct);
            entries.AddRange(decoded.Entries.Where(entry => entry.IsLive).Select(entry => entry.Inherit(manifest)));
        }
        PrimitiveType[] types = [.. draft.Origin.FindSpec(group.Key).Fields.Select(draft.Origin.PartitionType)];
        entries.Sort((left, right) => ComparePartitions(types, left.File.Partition, right.File.Partition));
        ManifestWriter writer = draft.NewManifest(group.Key);
        foreach (ManifestEntry entry in entries)
        {
            if (writer.Entries >= MergedEntriesMax || writer.Length >= MergedBytesMax)
            {
                await draft.PutAsync(writer, ct);
                writer = draft.NewManifest(group.Key);
            }
            writer.Existing(entry);
        }
        await draft.PutAsync(writer, ct);
    }

    /// <summary>Nulls first, then field by field.</summary>
    private static int ComparePartitions(
        PrimitiveType[] types, IReadOnlyList<byte[]?> left, IReadOnlyList<byte[]?> right)
    {
        for (int index = 0; index < types.Length; index++)
        {
            int order = (left[index], right[index]) switch
            {
                (null, null) => 0,
                (null, _) => -1,
                (_, null) => 1,
                ({ } a, { } b) => Bounds.Compare(types[index], a, b) ?? 0,
            };
            if (order != 0)
            {
                return order;
            }
        }
        return 0;
    }
}
