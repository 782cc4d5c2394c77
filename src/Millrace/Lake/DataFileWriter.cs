using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Where the rows of a commit come from and how the files they become are named.</summary>
/// <param name="Source">An SQL relation with the columns of <paramref name="Table"/>.</param>
/// <param name="CurrentHour">Hours since 1970 of the newest record; null: one file per day.</param>
/// <param name="NamePrefix"><c>&lt;node&gt;-&lt;first&gt;-&lt;end&gt;</c>.</param>
internal sealed record RowsToWrite(LakeTable Table, string Source, long? CurrentHour, string NamePrefix);

/// <summary>Writes rows as sorted Parquet files with field ids and statistics, and gives them to the object store.</summary>
/// <remarks>DuckDB writes into a scratch directory; a file is durable once the store has taken it over.</remarks>
internal sealed class DataFileWriter(Connection connection, IObjectStore store, string scratch, Random random)
{
    /// <returns>The files, durable but not yet part of any table.</returns>
    public async Task<IReadOnlyList<DataFile>> WriteAsync(RowsToWrite rows, string location, CancellationToken ct)
    {
        var column = rows.Table.TimeColumn;
        var slots = FileSlots.For(Hours(rows.Source, column), rows.CurrentHour);
        var files = new List<DataFile>(slots.Count);
        foreach (var slot in slots)
        {
            var condition = slots.Count == 1 ? "true" : slot.Condition(column, slots);
            var name = $"{rows.NamePrefix}-{random.NextInt64():x16}.parquet";
            var scratchPath = Path.Combine(scratch, name);
            var written = Copy(rows, condition, scratchPath);
            var target = $"{location}/data/{slot.Folder}/{name}";
            await store.PutFileAsync(target, scratchPath, ct);
            files.Add(written with { Path = target, Partition = [Bounds.Int(slot.Day)] });
        }
        return files;
    }

    private List<long> Hours(string source, string column)
    {
        using var result = connection.Query(
            $"SELECT DISTINCT date_diff('hour', TIMESTAMP '1970-01-01', {column} AT TIME ZONE 'UTC') FROM {source}");
        return [.. result.Rows().Select(row => (long)row[0]!)];
    }

    private DataFile Copy(RowsToWrite rows, string condition, string path)
    {
        var table = rows.Table;
        var sql = $"""
            COPY (SELECT * FROM {rows.Source} WHERE {condition} ORDER BY {table.OrderBy}) TO {Sql.Text(path)}
            (FORMAT parquet, COMPRESSION zstd, RETURN_STATS, FIELD_IDS {table.FieldIds},
             KV_METADATA {'{'}'iceberg.schema': {Sql.Text(table.Schema.ToJson())}{'}'})
            """;
        using var result = connection.Query(sql);
        var ordinals = result.Columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i);
        var row = result.Rows().Single();
        var statistics = DataFileStatistics.FromDuckDb(
            ColumnTexts(row[ordinals["column_statistics"]]), table.Schema);
        return new DataFile
        {
            Path = path,
            RecordCount = Convert.ToInt64(row[ordinals["count"]], CultureInfo.InvariantCulture),
            SizeBytes = Convert.ToInt64(row[ordinals["file_size_bytes"]], CultureInfo.InvariantCulture),
            SpecId = table.Partition.Id,
            SortOrderId = LakeTable.SortOrderId,
        }.With(statistics);
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> ColumnTexts(object? map) =>
        ((IReadOnlyDictionary<object, object?>)map!).ToDictionary(
            column => (string)column.Key,
            column => (IReadOnlyDictionary<string, string>)((IReadOnlyDictionary<object, object?>)column.Value!)
                .Where(text => text.Value is not null)
                .ToDictionary(text => (string)text.Key, text => (string)text.Value!));
}
