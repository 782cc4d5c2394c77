using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Where the rows of a commit come from and how the files they become are named.</summary>
/// <param name="Hot">Paths of Parquet files with the columns of <paramref name="Table"/>.</param>
/// <param name="CurrentHour">Hours since 1970 of the newest record; null: one file per day.</param>
/// <param name="NamePrefix"><c>&lt;node&gt;-&lt;first&gt;-&lt;end&gt;</c>.</param>
internal sealed record RowsToWrite(
    LakeTable Table, IReadOnlyList<string> Hot, long? CurrentHour, string NamePrefix)
{
    /// <summary>A DuckDB table that holds the rows, to be read instead of the files.</summary>
    public string? Staged { get; init; }

    /// <summary>The rows as an SQL relation.</summary>
    public string Relation => Staged ?? $"read_parquet({Sql.List(Hot)}, hive_partitioning = false)";
}

/// <summary>Writes rows as sorted Parquet files with field ids and statistics,
/// and gives them to the object store.</summary>
/// <remarks>DuckDB writes into a scratch directory; a file is durable once the store has taken it over.</remarks>
internal sealed class DataFileWriter(Connection connection, IObjectStore store, string scratch, Random random)
{
    /// <summary>Rows in a row group: what a writer keeps in memory. A wide row group of DuckDB's default size, 122,880,
    /// takes more than the memory of a commit; small ones let readers skip by tenant.</summary>
    public const int RowGroupRows = 24_576;

    /// <summary>Rows that are few enough to be held while their slots are written.</summary>
    private const long StagedRowsMax = 20_000;

    /// <param name="stored">Receives each file's location before it is stored, so that a failed attempt can delete its
    /// own.</param>
    /// <returns>The files, durable but not yet part of any table.</returns>
    public async Task<IReadOnlyList<DataFile>> WriteAsync(
        RowsToWrite rows, string location, ICollection<string> stored, CancellationToken ct)
    {
        // What a failed attempt left, cut off by a full disk perhaps, would keep its room.
        foreach (var leftover in Directory.EnumerateFiles(scratch, "*.parquet"))
        {
            File.Delete(leftover);
        }
        var column = rows.Table.TimeColumn;
        var currentHour = rows.CurrentHour;
        var hours = RowsByHour(rows.Relation, column);
        var slots = FileSlots.For(hours.Keys, currentHour);
        var files = new List<DataFile>(slots.Count);
        // The largest first: what is left then is little, and read once more instead of once a slot.
        for (var left = slots.OrderByDescending(RowsOf).ToList(); left.Count > 0; left.RemoveAt(0))
        {
            var slot = left[0];
            if (rows.Staged is null && left.Count > 1 && left.Count < slots.Count
                && left.Sum(RowsOf) <= StagedRowsMax)
            {
                rows = Stage(rows, left.Select(Condition));
            }
            foreach (var (name, written) in WriteSlot(rows, Condition(slot)))
            {
                var target = $"{location}/data/{slot.Folder}/{name}";
                stored.Add(target);
                await store.PutFileAsync(target, Path.Combine(scratch, name), ct);
                files.Add(written with { Path = target, Partition = [Bounds.Int(slot.Day)] });
            }
        }
        return files;

        long RowsOf(FileSlot slot) =>
            hours.Where(hour => FileSlots.Of(hour.Key, currentHour) == slot).Sum(hour => hour.Value);
        string Condition(FileSlot slot) => slots.Count == 1 ? "true" : slot.Condition(column, slots);
    }

    private Dictionary<long, long> RowsByHour(string relation, string column)
    {
        using var result = connection.Query(
            $"SELECT date_diff('hour', TIMESTAMP '1970-01-01', {column} AT TIME ZONE 'UTC') AS hour, count(*) "
            + $"FROM {relation} GROUP BY hour");
        return result.Rows().ToDictionary(row => (long)row[0]!, row => (long)row[1]!);
    }

    /// <summary>Rows of a few slots in a table of their own: reading wide files once for each slot costs more than all
    /// else of a commit.</summary>
    private RowsToWrite Stage(RowsToWrite rows, IEnumerable<string> conditions)
    {
        const string staged = "staged_rows";
        connection.Execute($"CREATE OR REPLACE TABLE {staged} AS SELECT * FROM {rows.Relation} "
            + $"WHERE {string.Join(" OR ", conditions.Select(condition => $"({condition})"))}");
        return rows with { Staged = staged };
    }

    /// <summary>One sorted file; where memory does not suffice for it, more and smaller ones: a commit must get
    /// through.</summary>
    private List<(string Name, DataFile File)> WriteSlot(RowsToWrite rows, string condition)
    {
        var name = $"{rows.NamePrefix}-{random.NextInt64():x16}.parquet";
        try
        {
            return Copy(rows, condition, Path.Combine(scratch, name)) is { } file ? [(name, file)] : [];
        }
        catch (DuckDbException exception)
            when (exception.Type == DuckDbErrorType.OutOfMemory && rows.Hot.Count > 1)
        {
            var half = rows.Hot.Count / 2;
            return
            [
                .. WriteSlot(rows with { Hot = [.. rows.Hot.Take(half)], Staged = null }, condition),
                .. WriteSlot(rows with { Hot = [.. rows.Hot.Skip(half)], Staged = null }, condition),
            ];
        }
    }

    /// <returns>Null if there is no such row.</returns>
    private DataFile? Copy(RowsToWrite rows, string condition, string path)
    {
        var table = rows.Table;
        var sql = $"""
            COPY (SELECT * FROM {rows.Relation} WHERE {condition} ORDER BY {table.OrderBy}) TO {Sql.Text(path)}
            (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {RowGroupRows}, RETURN_STATS, FIELD_IDS {table.FieldIds},
             KV_METADATA {'{'}'iceberg.schema': {Sql.Text(table.Schema.ToJson())}{'}'})
            """;
        using var result = connection.Query(sql);
        var ordinals = result.Columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i);
        if (result.Rows().SingleOrDefault() is not { } row || Number(row[ordinals["count"]]) == 0)
        {
            return null;
        }
        var statistics = DataFileStatistics.FromDuckDb(
            ColumnTexts(row[ordinals["column_statistics"]]), table.Schema);
        return new DataFile
        {
            Path = path,
            RecordCount = Number(row[ordinals["count"]]),
            SizeBytes = Number(row[ordinals["file_size_bytes"]]),
            SpecId = table.Partition.Id,
            SortOrderId = LakeTable.SortOrderId,
        }.With(statistics);
    }

    private static long Number(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private static Dictionary<string, IReadOnlyDictionary<string, string>> ColumnTexts(object? map) =>
        ((IReadOnlyDictionary<object, object?>)map!).ToDictionary(
            column => (string)column.Key,
            column => (IReadOnlyDictionary<string, string>)((IReadOnlyDictionary<object, object?>)column.Value!)
                .Where(text => text.Value is not null)
                .ToDictionary(text => (string)text.Key, text => (string)text.Value!));
}
