namespace Millrace.Iceberg;

/// <summary>Finds the files in a table's directory that no state of the table names: what crashes, lost races and
/// commits of unknown outcome left behind. Thread safe.</summary>
/// <remarks>
/// Every doubt keeps a file. Only names that writers of Iceberg give are looked at; the table is read after the
/// directory, so that whatever was committed meanwhile counts as named; a file that other engines spell differently
/// (<c>file:/a</c> and <c>file:///a</c>) is the same file. What is found may have been needed by a snapshot that has
/// just expired: delete it once the longest reader is done.
/// </remarks>
public sealed class Orphans(ICatalog catalog, TableStore store)
{
    private const string Scheme = "file:";

    private static readonly string[] s_suffixes = [".parquet", ".avro", ".metadata.json", ".part"];

    /// <summary>Locations of a table's orphans; none where its property <c>gc.enabled</c> is false.</summary>
    /// <param name="name">The table.</param>
    /// <param name="writtenBefore">Younger files stay: a commit in flight may be about to name them.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="IcebergFormatException">Something of the table cannot be read: then nothing is an
    /// orphan.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(
        TableName name, DateTimeOffset writtenBefore, CancellationToken ct)
    {
        if (await Table.LoadAsync(catalog, name, store.Objects, ct) is not { } before)
        {
            return [];
        }
        var orphans = new Dictionary<string, string>();
        foreach (string folder in new[] { "data", "metadata" })
        {
            await foreach (StoredObject file in store.Objects.ListAsync($"{before.Location}/{folder}/", ct))
            {
                if (file.LastModified < writtenBefore
                    && Array.Exists(s_suffixes, suffix => file.Location.EndsWith(suffix, StringComparison.Ordinal)))
                {
                    orphans[PathOf(file.Location)] = file.Location;
                }
            }
        }
        if (orphans.Count == 0 || await Table.LoadAsync(catalog, name, store.Objects, ct) is not { } table
            || table.Location != before.Location || Expiry.KeepsAll(table))
        {
            return [];
        }
        await RemoveNamedAsync(orphans, table, ct);
        return [.. orphans.Values];
    }

    private async Task RemoveNamedAsync(Dictionary<string, string> files, Table table, CancellationToken ct)
    {
        foreach (string location in table.Metadata.MetadataLog.Select(entry => entry.MetadataFile)
            .Append(table.MetadataLocation))
        {
            files.Remove(PathOf(location));
        }
        // What other engines keep beside the snapshots, such as statistics.
        foreach (string path in files.Keys
            .Where(path => table.Metadata.Unknown.Mention(Path.GetFileName(path))).ToList())
        {
            files.Remove(path);
        }
        HashSet<string> seen = [];
        foreach (Snapshot snapshot in table.Metadata.Snapshots)
        {
            files.Remove(PathOf(snapshot.ManifestList));
            foreach (ManifestFile manifest in await store.ReadListAsync(snapshot, ct))
            {
                if (!seen.Add(manifest.Path))
                {
                    continue;
                }
                files.Remove(PathOf(manifest.Path));
                foreach (ManifestEntry entry in (await store.Manifests.GetAsync(manifest, ct)).Entries)
                {
                    files.Remove(PathOf(entry.File.Path));
                }
            }
        }
    }

    /// <summary>A location without what engines spell differently.</summary>
    private static string PathOf(string location) => location.StartsWith(Scheme, StringComparison.Ordinal)
        ? "/" + location[Scheme.Length..].TrimStart('/') : location;
}
