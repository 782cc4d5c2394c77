namespace Millrace.Iceberg;

/// <summary>Lists the files a reader must open. Thread safe.</summary>
public sealed class Planner(TableStore store)
{
    /// <summary>Live data files of the current snapshot that may hold rows the predicate is true of.</summary>
    public Task<IReadOnlyList<DataFile>> PlanAsync(Table table, Predicate predicate, CancellationToken ct) =>
        PlanAsync(table, table.Metadata.CurrentSnapshot, predicate, ct);

    /// <summary>The same for any snapshot of the table; none without a snapshot.</summary>
    /// <exception cref="IcebergUnsupportedException">Another engine has deleted single rows; reading the files alone
    /// would bring them back.</exception>
    /// <exception cref="IcebergFormatException">A manifest or its list is damaged.</exception>
    public async Task<IReadOnlyList<DataFile>> PlanAsync(
        Table table, Snapshot? snapshot, Predicate predicate, CancellationToken ct)
    {
        var pruning = new Pruning(table.Metadata, predicate);
        var files = new List<DataFile>();
        foreach (ManifestFile manifest in await store.ReadListAsync(snapshot, ct))
        {
            if (manifest.LiveFiles == 0)
            {
                continue;
            }
            if (manifest.Content == ManifestContent.Deletes)
            {
                throw new IcebergUnsupportedException(
                    $"{table.Name} has row-level delete files of another engine. Let that engine compact the table.");
            }
            if (pruning.MayMatch(manifest))
            {
                Manifest decoded = await store.Manifests.GetAsync(manifest, ct);
                files.AddRange(decoded.Entries.Where(entry => entry.IsLive).Select(entry => entry.File)
                    .Where(pruning.MayMatch));
            }
        }
        return files;
    }
}
