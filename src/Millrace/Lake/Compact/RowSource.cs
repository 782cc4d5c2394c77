using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>The rows of some data files of a table, of any of its schemas. Not thread safe.</summary>
internal sealed class RowSource
{
    /// <summary>A row in memory without its long texts: the numbers of its values, and where short ones are.</summary>
    private const int RowBytes = 256;

    /// <summary>Bytes a row from which on a column's lengths are looked at.</summary>
    private const int LongFromBytes = 8;

    private const long MicrosPerHour = 3_600_000_000;

    private readonly Connection _connection;
    private string _files;
    private readonly string _bytes;

    /// <param name="connection">Reads the files.</param>
    /// <param name="table">Whose they are.</param>
    /// <param name="paths">At least one.</param>
    public RowSource(Connection connection, LakeTable table, IReadOnlyList<string> paths)
    {
        (_connection, Table) = (connection, table);
        _files = LakeSql.ReadByFieldId(table, paths);
        _bytes = string.Join(" + ", LongColumns(paths)
            .Select(column => $"coalesce({LengthOf(column)}({Sql.Name(column.Name)}), 0)")
            .Prepend(RowBytes.ToString(CultureInfo.InvariantCulture)));
    }

    public LakeTable Table { get; }

    /// <summary>From here on without the rows that <see cref="Duplicates.Find"/> finds beside those of other files.
    /// </summary>
    /// <param name="others">Files of the same day.</param>
    public LedgerIncrements DropDuplicates(IReadOnlyList<string> others)
    {
        var corrections = Duplicates.Find(
            _connection, _files, others.Count == 0 ? null : LakeSql.ReadByFieldId(Table, others));
        if (corrections.Count > 0)
        {
            _files = Duplicates.LeftOf(_files);
        }
        return corrections;
    }

    /// <summary>Rows by the values of a text column, nulls first.</summary>
    public IEnumerable<KeyGroup> CountByText(Field column, IReadOnlyList<KeyStretch> conditions)
    {
        var name = Sql.Name(column.Name);
        using var result = _connection.Query(
            $"SELECT {name}, count(*), sum({_bytes})::BIGINT FROM {_files} WHERE {Where(conditions)} "
            + "GROUP BY 1 ORDER BY 1 NULLS FIRST");
        while (result.NextChunk(out var chunk))
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var value = new KeyValue(chunk.Column(0).Value(row) as string, null);
                yield return new KeyGroup(value, value, chunk.Column(1).Get<long>(row), chunk.Column(2).Get<long>(row));
            }
        }
    }

    /// <summary>Rows by stretches of equal width of a column of numbers or times, nulls first.</summary>
    public IEnumerable<KeyGroup> CountByNumber(Field column, IReadOnlyList<KeyStretch> conditions, int buckets)
    {
        var name = Sql.Name(column.Name);
        var number = column.Type == FieldType.TimestampTz ? $"epoch_us({name})" : $"{name}::BIGINT";
        var width = string.Create(CultureInfo.InvariantCulture, $"((greatest - least) // {buckets} + 1)");
        using var result = _connection.Query(
            $"""
            WITH keys AS (SELECT {number} AS k, {_bytes} AS b FROM {_files} WHERE {Where(conditions)}),
                ends AS (SELECT min(k) AS least, max(k) AS greatest FROM keys)
            SELECT min(k), max(k), count(*), sum(b)::BIGINT
                FROM keys, ends GROUP BY (k - least) // {width} ORDER BY 1 NULLS FIRST
            """);
        foreach (var row in result.Rows())
        {
            yield return new KeyGroup(
                new KeyValue(null, (long?)row[0]), new KeyValue(null, (long?)row[1]), (long)row[2]!, (long)row[3]!);
        }
    }

    /// <summary>The hours since 1970 that rows are of, in order.</summary>
    public IReadOnlyList<long> Hours(Field time)
    {
        using var result = _connection.Query(
            $"SELECT DISTINCT epoch_us(date_trunc('hour', {Sql.Name(time.Name)})) // {MicrosPerHour} "
            + $"FROM {_files} ORDER BY 1");
        return [.. result.Rows().Select(row => (long)row[0]!)];
    }

    /// <summary>Adds the rows of a range, in no order.</summary>
    public void Load(KeyRange range, LakeRows rows)
    {
        using var statement = _connection.Prepare(
            $"SELECT {LakeSql.Columns(Table)} FROM {_files} WHERE {range.ToSql()}");
        using var result = statement.Stream();
        RowLoader.Load(result, rows);
    }

    private static string Where(IReadOnlyList<KeyStretch> conditions) =>
        conditions.Count == 0 ? "true" : string.Join(" AND ", conditions.Select(stretch => stretch.ToSql()));

    private static string LengthOf(Field column) => column.Type == FieldType.String ? "strlen" : "octet_length";

    /// <summary>Those whose values make up a row's memory: looking at all of them would cost as much as reading the
    /// rows.</summary>
    private IEnumerable<Field> LongColumns(IReadOnlyList<string> paths)
    {
        using var result = _connection.Query(
            $"""
            SELECT path_in_schema FROM parquet_metadata({Sql.List(paths)})
                GROUP BY 1 HAVING sum(total_uncompressed_size) >= {LongFromBytes} * sum(num_values)
            """);
        var heavy = result.Rows().Select(row => (string)row[0]!).ToHashSet();
        return [.. Table.Schema.Fields.Where(field => heavy.Contains(field.Name)
            && (field.Type == FieldType.String || field.Type == FieldType.Binary))];
    }
}
