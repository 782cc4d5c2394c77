namespace Millrace.Iceberg;

/// <summary>What reading and writing tables takes: their files, a cache of decoded manifests, and an author. Thread
/// safe; one per process is enough.</summary>
public sealed class TableStore(IObjectStore objects, Author author, long manifestCacheBytes = TableStore.CacheBytes)
{
    /// <summary>Default bound of the manifest cache, in bytes: about 25,000 files of 30 columns.</summary>
    public const long CacheBytes = 64L << 20;

    public IObjectStore Objects { get; } = objects;

    public Author Author { get; } = author;

    internal ManifestCache Manifests { get; } = new(objects, manifestCacheBytes);

    /// <summary>Reads what every commit to a table reads of it.</summary>
    /// <exception cref="IcebergFormatException">The list of its manifests is damaged or missing.</exception>
    public Task ProveAsync(Table table, CancellationToken ct) => ReadListAsync(table.Metadata.CurrentSnapshot, ct);

    /// <summary>The manifests that make up a snapshot, newest first.</summary>
    /// <exception cref="IcebergFormatException">The list is damaged.</exception>
    internal async Task<List<ManifestFile>> ReadListAsync(Snapshot? snapshot, CancellationToken ct) =>
        snapshot is null
            ? []
            : ManifestList.Read(await Objects.ReadAsync(snapshot.ManifestList, ct), snapshot.ManifestList);
}
