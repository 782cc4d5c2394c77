namespace Millrace.Iceberg;

/// <summary>Writes anew the manifests that hold removed files, and keeps all others.</summary>
internal sealed class FileRemoval(SnapshotDraft draft, ManifestCache cache)
{
    /// <exception cref="StaleChangeException">A file is not live in any of the manifests.</exception>
    internal async Task WriteAsync(
        IReadOnlyList<ManifestFile> parents, IReadOnlyList<DataFile> removed, CancellationToken ct)
    {
        Dictionary<string, DataFile> sought = removed.ToDictionary(file => file.Path);
        foreach (ManifestFile manifest in parents)
        {
            bool mayHold = manifest.Content == ManifestContent.Data
                && sought.Values.Any(file => Pruning.MayHold(draft.Origin, manifest, file));
            Manifest? decoded = mayHold ? await cache.GetAsync(manifest, ct) : null;
            if (decoded?.Entries.Any(entry => entry.IsLive && sought.ContainsKey(entry.File.Path)) == true)
            {
                await RewriteAsync(manifest, decoded, sought, ct);
            }
            else
            {
                draft.Carry(manifest);
            }
        }
        if (sought.Count > 0)
        {
            throw new StaleChangeException($"{sought.Count} files to be removed are no longer in "
                + $"{draft.Origin.Location}, among them {sought.Keys.First()}.");
        }
    }

    private async Task RewriteAsync(
        ManifestFile manifest, Manifest decoded, Dictionary<string, DataFile> sought, CancellationToken ct)
    {
        ManifestWriter writer = draft.NewManifest(manifest.SpecId);
        foreach (ManifestEntry entry in decoded.Entries
            .Where(entry => entry.IsLive).Select(entry => entry.Inherit(manifest)))
        {
            if (sought.Remove(entry.File.Path))
            {
                writer.Deleted(entry);
                draft.Counts.Remove(entry.File);
            }
            else
            {
                writer.Existing(entry);
            }
        }
        await draft.PutAsync(writer, ct);
    }
}
