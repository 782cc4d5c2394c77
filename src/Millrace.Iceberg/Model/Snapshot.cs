namespace Millrace.Iceberg;

/// <summary>The whole content of a table at one commit: a manifest list and where it came from.</summary>
public sealed record Snapshot
{
    public required long Id { get; init; }

    /// <summary>The snapshot this one was derived from; null for the first. It may have expired since.</summary>
    public long? ParentId { get; init; }

    /// <summary>Position of the commit in the table's history, from 1.</summary>
    public required long SequenceNumber { get; init; }

    public required long TimestampMs { get; init; }

    /// <summary>Location of the manifest list.</summary>
    public required string ManifestList { get; init; }

    /// <summary><c>operation</c>, counts, and the positions of Millrace's nodes. Values are always strings.</summary>
    public required IReadOnlyDictionary<string, string> Summary { get; init; }

    public int? SchemaId { get; init; }

    /// <summary>Keys other engines wrote.</summary>
    public UnknownKeys Unknown { get; init; } = UnknownKeys.None;
}

/// <summary>A branch or tag.</summary>
public sealed record SnapshotRef(long SnapshotId, string Type)
{
    /// <summary>Retention settings other engines wrote.</summary>
    public UnknownKeys Unknown { get; init; } = UnknownKeys.None;
}

/// <summary>When a snapshot became the current one.</summary>
public sealed record SnapshotLogEntry(long TimestampMs, long SnapshotId);

/// <summary>A previous metadata file and its last-updated time.</summary>
public sealed record MetadataLogEntry(long TimestampMs, string MetadataFile);
