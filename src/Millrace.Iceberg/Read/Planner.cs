using System.Collections.Concurrent;

namespace Millrace.Iceberg;

/// <summary>Lists the files a reader must open. Thread safe.</summary>
/// <remarks>Keeps the manifest list it last read of each table, which never changes.</remarks>
public sealed class Planner(TableStore store)
{
    private readonly ConcurrentDictionary<TableName, KnownList> _lists = [];

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
        foreach (ManifestFile manifest in await ReadListAsync(table, snapshot, ct))
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
                foreach (ManifestEntry entry in decoded.Entries)
                {
                    if (entry.IsLive && pruning.MayMatch(entry.File))
                    {
                        files.Add(entry.File);
                    }
                }
            }
        }
        return files;
    }

    private async Task<IReadOnlyList<ManifestFile>> ReadListAsync(
        Table table, Snapshot? snapshot, CancellationToken ct)
    {
        if (snapshot is not null && _lists.TryGetValue(table.Name, out KnownList? known)
            && known.Location == snapshot.ManifestList)
        {
            return known.Manifests;
        }
        List<ManifestFile> manifests = await store.ReadListAsync(snapshot, ct);
        if (snapshot is not null)
        {
            _lists[table.Name] = new KnownList(snapshot.ManifestList, manifests);
        }
        return manifests;
    }

    private sealed record KnownList(string Location, IReadOnlyList<ManifestFile> Manifests);
}
