namespace Millrace.Iceberg;

/// <summary>Everything a metadata file says about a table (format v2). Immutable: a change is a new file.</summary>
public sealed record TableMetadata
{
    /// <summary>The branch that "the table" means.</summary>
    public const string MainBranch = "main";

    public required string TableUuid { get; init; }

    /// <summary>Absolute location without a trailing slash, such as <c>file:///data/lake/events</c>.</summary>
    public required string Location { get; init; }

    public required long LastSequenceNumber { get; init; }
    public required long LastUpdatedMs { get; init; }

    /// <summary>Highest field id ever given out, dropped columns included.</summary>
    public required int LastColumnId { get; init; }

    public required IReadOnlyList<Schema> Schemas { get; init; }
    public required int CurrentSchemaId { get; init; }
    public required IReadOnlyList<PartitionSpec> PartitionSpecs { get; init; }
    public required int DefaultSpecId { get; init; }

    /// <summary>Highest partition field id ever given out; 999 if never partitioned.</summary>
    public required int LastPartitionId { get; init; }

    public required IReadOnlyList<SortOrder> SortOrders { get; init; }
    public required int DefaultSortOrderId { get; init; }
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Null while the table is empty.</summary>
    public long? CurrentSnapshotId { get; init; }

    public IReadOnlyList<Snapshot> Snapshots { get; init; } = [];
    public IReadOnlyList<SnapshotLogEntry> SnapshotLog { get; init; } = [];
    public IReadOnlyList<MetadataLogEntry> MetadataLog { get; init; } = [];
    public IReadOnlyDictionary<string, SnapshotRef> Refs { get; init; } = new Dictionary<string, SnapshotRef>();

    /// <summary>Keys other engines wrote, such as <c>statistics</c>.</summary>
    public UnknownKeys Unknown { get; init; } = UnknownKeys.None;

    /// <summary>The schema new rows are written with.</summary>
    public Schema Schema => Schemas.First(schema => schema.Id == CurrentSchemaId);

    /// <summary>The partitioning new files are written with.</summary>
    public PartitionSpec Spec => FindSpec(DefaultSpecId);

    /// <summary>What a scan without time travel reads; null while the table is empty.</summary>
    public Snapshot? CurrentSnapshot => CurrentSnapshotId is { } id ? FindSnapshot(id) : null;

    /// <summary>The snapshot of that id, or null if it never was or has expired.</summary>
    public Snapshot? FindSnapshot(long id) => Snapshots.FirstOrDefault(snapshot => snapshot.Id == id);

    /// <exception cref="IcebergUnsupportedException">No such spec.</exception>
    public PartitionSpec FindSpec(int id) => PartitionSpecs.FirstOrDefault(spec => spec.Id == id)
        ?? throw new IcebergUnsupportedException(
            $"{Location}: a manifest names partition spec {id}, which is not listed.");

    /// <summary>A column by id in the current schema, else in the newest older
    /// one that had it; null if never known.</summary>
    public Field? FindField(int id) =>
        Schema.Find(id) ?? Schemas.Reverse()
            .Select(schema => schema.Find(id)).FirstOrDefault(field => field is not null);

    /// <summary>Type of a partition field's values.</summary>
    /// <exception cref="IcebergUnsupportedException">The source column is unknown or not primitive.</exception>
    public PrimitiveType PartitionType(PartitionField field) =>
        FindField(field.SourceId)?.Type is PrimitiveType source
            ? Transforms.ResultType(field.Transform, source)
            : throw new IcebergUnsupportedException(
                $"{Location}: partition field '{field.Name}' has no primitive source column {field.SourceId}.");
}
