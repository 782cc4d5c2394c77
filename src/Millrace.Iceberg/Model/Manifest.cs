namespace Millrace.Iceberg;

/// <summary>What a manifest says of a file.</summary>
public enum EntryStatus
{
    Existing = 0,
    Added = 1,
    Deleted = 2,
}

/// <summary>What kind of files a manifest lists.</summary>
public enum ManifestContent
{
    Data = 0,
    Deletes = 1,
}

/// <summary>A line of a manifest, exactly as written: null means "inherit from the manifest list".</summary>
public sealed record ManifestEntry(EntryStatus Status, DataFile File)
{
    /// <summary>Snapshot that added (or, if deleted, removed) the file.</summary>
    public long? SnapshotId { get; init; }

    /// <summary>Data sequence number; null only on added files.</summary>
    public long? SequenceNumber { get; init; }

    /// <summary>Sequence number of the commit that added the file; null only on added files.</summary>
    public long? FileSequenceNumber { get; init; }

    /// <summary>True unless the file was removed.</summary>
    public bool IsLive => Status != EntryStatus.Deleted;

    /// <summary>The same with what it inherits made explicit.</summary>
    public ManifestEntry Inherit(ManifestFile manifest) => this with
    {
        SnapshotId = SnapshotId ?? manifest.AddedSnapshotId,
        SequenceNumber = SequenceNumber ?? manifest.SequenceNumber,
        FileSequenceNumber = FileSequenceNumber ?? manifest.SequenceNumber,
    };
}

/// <summary>A manifest as its list describes it, enough to decide whether to open it.</summary>
public sealed record ManifestFile
{
    public required string Path { get; init; }

    /// <summary>Exact length in bytes.</summary>
    public required long LengthBytes { get; init; }

    public required int SpecId { get; init; }
    public ManifestContent Content { get; init; }

    /// <summary>Of the commit that wrote the manifest; what its added entries inherit.</summary>
    public required long SequenceNumber { get; init; }

    /// <summary>Lowest data sequence number among live entries.</summary>
    public required long MinSequenceNumber { get; init; }

    public required long AddedSnapshotId { get; init; }
    public required EntryTally Added { get; init; }
    public required EntryTally Existing { get; init; }
    public required EntryTally Deleted { get; init; }

    /// <summary>One per field of the spec, in its order; null if the writer gave none.</summary>
    public IReadOnlyList<PartitionSummary>? Partitions { get; init; }

    public byte[]? KeyMetadata { get; init; }

    /// <summary>Live files.</summary>
    public int LiveFiles => Added.Files + Existing.Files;

    /// <summary>Live rows.</summary>
    public long LiveRows => Added.Rows + Existing.Rows;
}

/// <summary>How many files of one status a manifest lists, and their rows.</summary>
public readonly record struct EntryTally(int Files, long Rows);

/// <summary>The range of one partition field within a manifest; a null bound is unknown.</summary>
public sealed record PartitionSummary(bool ContainsNull, bool? ContainsNan, byte[]? Lower, byte[]? Upper);

/// <summary>A decoded manifest.</summary>
/// <param name="Entries">In file order.</param>
/// <param name="MemoryBytes">About what it takes in memory: what a cache counts.</param>
public sealed record Manifest(IReadOnlyList<ManifestEntry> Entries, long MemoryBytes)
{
    /// <summary>Bytes an entry takes besides the decompressed bytes it points into.</summary>
    internal const int EntryBytes = 1200;
}
