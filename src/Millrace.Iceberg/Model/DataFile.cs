namespace Millrace.Iceberg;

/// <summary>A file of rows, with what is known of them without opening it.</summary>
/// <remarks>
/// Counts and bounds are keyed by field id; an absent id means "unknown" and only costs pruning. A partition value
/// or bound is the single-value serialization of <see cref="Bounds"/>. <c>ValueCounts</c> includes nulls.
/// </remarks>
public sealed record DataFile
{
    private static readonly IReadOnlyDictionary<int, long> s_noCounts = new Dictionary<int, long>();
    private static readonly IReadOnlyDictionary<int, byte[]> s_noBounds = new Dictionary<int, byte[]>();

    /// <summary>Location, such as <c>file:///data/lake/events/data/…/a.parquet</c>.</summary>
    public required string Path { get; init; }

    /// <summary>0 data, 1 position deletes, 2 equality deletes.</summary>
    public int Content { get; init; }

    public string Format { get; init; } = "PARQUET";

    /// <summary>The partition spec the values below belong to.</summary>
    public int SpecId { get; init; }

    /// <summary>One value per field of the spec, in its order; null where the source is null.</summary>
    public IReadOnlyList<byte[]?> Partition { get; init; } = [];

    public required long RecordCount { get; init; }

    /// <summary>Exact length of the file in bytes; readers find the footer by it.</summary>
    public required long SizeBytes { get; init; }

    public IReadOnlyDictionary<int, long> ColumnSizes { get; init; } = s_noCounts;
    public IReadOnlyDictionary<int, long> ValueCounts { get; init; } = s_noCounts;
    public IReadOnlyDictionary<int, long> NullCounts { get; init; } = s_noCounts;
    public IReadOnlyDictionary<int, long> NanCounts { get; init; } = s_noCounts;
    public IReadOnlyDictionary<int, byte[]> LowerBounds { get; init; } = s_noBounds;
    public IReadOnlyDictionary<int, byte[]> UpperBounds { get; init; } = s_noBounds;
    public byte[]? KeyMetadata { get; init; }
    public IReadOnlyList<long>? SplitOffsets { get; init; }
    public IReadOnlyList<int>? EqualityIds { get; init; }
    public int? SortOrderId { get; init; }

    /// <summary>The same file with counts and bounds of a <see cref="DataFileStatistics"/>.</summary>
    public DataFile With(DataFileStatistics statistics) => this with
    {
        ColumnSizes = statistics.ColumnSizes,
        ValueCounts = statistics.ValueCounts,
        NullCounts = statistics.NullCounts,
        LowerBounds = statistics.LowerBounds,
        UpperBounds = statistics.UpperBounds,
    };
}
