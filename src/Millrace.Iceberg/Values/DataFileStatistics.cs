using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>What is known of one column of one file; null is unknown.</summary>
/// <param name="SizeBytes">Compressed bytes.</param>
/// <param name="Values">Values, nulls included.</param>
/// <param name="Nulls">Nulls among them.</param>
/// <param name="Lower">At or below every value that is neither null nor NaN.</param>
/// <param name="Upper">At or above every value that is neither null nor NaN.</param>
public sealed record ColumnStatistics(long? SizeBytes, long? Values, long? Nulls, byte[]? Lower, byte[]? Upper);

/// <summary>Counts and bounds of a file's columns, keyed by field id.</summary>
public sealed class DataFileStatistics
{
    private readonly Dictionary<int, long> _columnSizes = [];
    private readonly Dictionary<int, long> _valueCounts = [];
    private readonly Dictionary<int, long> _nullCounts = [];
    private readonly Dictionary<int, byte[]> _lowerBounds = [];
    private readonly Dictionary<int, byte[]> _upperBounds = [];

    public IReadOnlyDictionary<int, long> ColumnSizes => _columnSizes;
    public IReadOnlyDictionary<int, long> ValueCounts => _valueCounts;
    public IReadOnlyDictionary<int, long> NullCounts => _nullCounts;
    public IReadOnlyDictionary<int, byte[]> LowerBounds => _lowerBounds;
    public IReadOnlyDictionary<int, byte[]> UpperBounds => _upperBounds;

    /// <summary>Reads the column statistics of DuckDB's <c>COPY … (RETURN_STATS)</c>.</summary>
    /// <param name="columns">Path (<c>"res"."host"</c>) to statistic (<c>num_values</c>) to text.</param>
    /// <param name="schema">Of the rows written; columns inside lists and
    /// maps are skipped, as the format wants.</param>
    /// <remarks>A text that is not exactly of the expected form leaves its bound out: less pruning, never a lost row.
    /// <c>has_nan</c> is not used: it speaks of the last row group only.</remarks>
    public static DataFileStatistics FromDuckDb(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> columns, Schema schema)
    {
        var statistics = new DataFileStatistics();
        foreach ((IReadOnlyList<string> path, Field field) in schema.Leaves())
        {
            if (field.Type is PrimitiveType type && Find(columns, path) is { } texts)
            {
                statistics.Add(field.Id, Column(type, texts));
            }
        }
        return statistics;
    }

    /// <param name="columns">By field id.</param>
    public static DataFileStatistics Of(IReadOnlyDictionary<int, ColumnStatistics> columns)
    {
        var statistics = new DataFileStatistics();
        foreach ((int id, ColumnStatistics column) in columns)
        {
            statistics.Add(id, column);
        }
        return statistics;
    }

    private static IReadOnlyDictionary<string, string>? Find(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> columns, IReadOnlyList<string> path)
    {
        IEnumerable<string> names = path.Select(AvroNames.Sanitize);
        return columns.GetValueOrDefault(string.Join('.', names.Select(name => $"\"{name}\"")))
            ?? columns.GetValueOrDefault(string.Join('.', names));
    }

    private static ColumnStatistics Column(PrimitiveType type, IReadOnlyDictionary<string, string> texts)
    {
        object? min = texts.TryGetValue("min", out string? low) ? DuckDbText.Parse(type, low) : null;
        object? max = texts.TryGetValue("max", out string? high) ? DuckDbText.Parse(type, high) : null;
        byte[]? lower = min is null ? null : Bounds.Lower(type, min);
        byte[]? upper = max is null ? null : Bounds.Upper(type, max);
        bool isReversed = lower is not null && upper is not null && Bounds.Compare(type, lower, upper) > 0;
        return new ColumnStatistics(
            Count(texts, "column_size_bytes"), Count(texts, "num_values"), Count(texts, "null_count"),
            isReversed ? null : lower, isReversed ? null : upper);
    }

    private static long? Count(IReadOnlyDictionary<string, string> texts, string name) =>
        texts.TryGetValue(name, out string? text)
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? count : null;

    private void Add(int id, ColumnStatistics column)
    {
        Set(_columnSizes, id, column.SizeBytes);
        // A reader that sees as many nulls as values skips the file, so neither count may stand without the other.
        if (column is { Values: not null, Nulls: not null })
        {
            Set(_valueCounts, id, column.Values);
            Set(_nullCounts, id, column.Nulls);
        }
        if (column.Lower is not null)
        {
            _lowerBounds[id] = column.Lower;
        }
        if (column.Upper is not null)
        {
            _upperBounds[id] = column.Upper;
        }
    }

    private static void Set(Dictionary<int, long> counts, int id, long? count)
    {
        if (count is { } known)
        {
            counts[id] = known;
        }
    }
}
