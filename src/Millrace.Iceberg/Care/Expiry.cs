namespace Millrace.Iceberg;

/// <summary>Finds and deletes the files that only expired snapshots needed. Thread safe.</summary>
/// <remarks>Commit the expiry first, wait until the longest reader is done, delete then. Data files go before the
/// manifests that name them, so that an interrupted deletion can be found and finished.</remarks>
public sealed class Expiry(TableStore store)
{
    private const string GcEnabled = "gc.enabled";

    /// <summary>Files reachable from a table's earlier state and not from a
    /// later one, in the order to delete them.</summary>
    /// <param name="before">As it was before snapshots expired.</param>
    /// <param name="after">As it is now; its property <c>gc.enabled = false</c> keeps every file.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<string>> DeletableAsync(Table before, Table after, CancellationToken ct)
    {
        if (KeepsAll(after))
        {
            return [];
        }
        HashSet<string> keptLists = [.. after.Metadata.Snapshots.Select(snapshot => snapshot.ManifestList)];
        List<Snapshot> expired =
            [.. before.Metadata.Snapshots.Where(snapshot => !keptLists.Contains(snapshot.ManifestList))];
        Dictionary<string, ManifestFile> gone = await ManifestsAsync(expired, mayBeGone: true, ct);
        HashSet<string> files = [];
        if (gone.Count > 0)
        {
            Dictionary<string, ManifestFile> kept =
                await ManifestsAsync(after.Metadata.Snapshots, mayBeGone: false, ct);
            foreach (string path in kept.Keys)
            {
                gone.Remove(path);
            }
            files = await FilesAsync(gone.Values, kept.Values, ct);
        }
        return [.. files, .. gone.Keys, .. expired.Select(snapshot => snapshot.ManifestList),
            .. MetadataFilesGone(before, after)];
    }

    /// <summary>Deletes files; those already gone are fine.</summary>
    public async Task DeleteAsync(IReadOnlyList<string> locations, CancellationToken ct)
    {
        foreach (string location in locations)
        {
            await store.Objects.DeleteAsync(location, ct);
        }
    }

    /// <summary>True if a table wants none of its files deleted.</summary>
    internal static bool KeepsAll(Table table) => table.Metadata.Properties.GetValueOrDefault(GcEnabled) == "false";

    private static IEnumerable<string> MetadataFilesGone(Table before, Table after) =>
        before.Metadata.MetadataLog.Select(entry => entry.MetadataFile).Append(before.MetadataLocation)
            .Except(after.Metadata.MetadataLog.Select(entry => entry.MetadataFile))
            .Where(file => file != after.MetadataLocation);

    /// <summary>Files that the gone manifests mention, live or not, and that are live in no kept one.</summary>
    private async Task<HashSet<string>> FilesAsync(
        IEnumerable<ManifestFile> gone, IEnumerable<ManifestFile> kept, CancellationToken ct)
    {
        HashSet<string> files = [];
        foreach (ManifestFile manifest in gone)
        {
            Manifest? decoded = await UnlessGoneAsync(store.Manifests.GetAsync(manifest, ct));
            files.UnionWith((decoded?.Entries ?? []).Select(entry => entry.File.Path));
        }
        foreach (ManifestFile manifest in kept.TakeWhile(_ => files.Count > 0))
        {
            Manifest decoded = await store.Manifests.GetAsync(manifest, ct);
            files.ExceptWith(decoded.Entries.Where(entry => entry.IsLive).Select(entry => entry.File.Path));
        }
        return files;
    }

    private async Task<Dictionary<string, ManifestFile>> ManifestsAsync(
        IEnumerable<Snapshot> snapshots, bool mayBeGone, CancellationToken ct)
    {
        var manifests = new Dictionary<string, ManifestFile>();
        foreach (Snapshot snapshot in snapshots)
        {
            Task<List<ManifestFile>> reading = store.ReadListAsync(snapshot, ct);
            foreach (ManifestFile manifest in (mayBeGone ? await UnlessGoneAsync(reading) : await reading) ?? [])
            {
                manifests[manifest.Path] = manifest;
            }
        }
        return manifests;
    }

    /// <summary>Null if an earlier, interrupted deletion took the file.</summary>
    private static async Task<T?> UnlessGoneAsync<T>(Task<T> reading)
        where T : class
    {
        try
        {
            return await reading;
        }
        catch (IcebergFormatException gone) when (gone.InnerException is FileNotFoundException)
        {
            return null;
        }
    }
}
