using System.Text;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

/// <summary>Rows of <c>events</c> with columns of every kind: unset, constant, of few values, of many, of long ones;
/// with nulls scattered and in runs. The same values stand in a table of DuckDB.</summary>
internal sealed class RandomRows
{
    private static readonly string[] Alphabet = ["a", "Z", "9", "\"", "é", "木", "🙂", "\0"];

    private readonly Random _random;
    private readonly Connection _connection;

    public RandomRows(int seed, int count, Connection connection)
    {
        _random = new Random(seed);
        _connection = connection;
        connection.Execute($"CREATE OR REPLACE TABLE expected ({Columns}, row_number INTEGER)");
        using var expected = connection.Append("expected");
        var columns = LakeTable.Events.Schema.Fields.Select(NewColumn).ToList();
        for (var row = 0; row < count; row++)
        {
            foreach (var column in columns)
            {
                column(expected);
            }
            expected.Set(columns.Count, row);
            expected.EndRow();
            Rows.EndRow();
        }
        expected.Flush();
    }

    public LakeRows Rows { get; } = new(LakeTable.Events);

    private static string Columns => string.Join(", ", EventColumns.All.Select(column =>
        $"\"{EventColumns.Name(column)}\" " + EventColumns.Type(column) switch
        {
            ColumnType.Text => "VARCHAR",
            ColumnType.Time => "TIMESTAMPTZ",
            ColumnType.Real => "DOUBLE",
            ColumnType.Flag => "BOOLEAN",
            ColumnType.Long => "BIGINT",
            _ => "INTEGER",
        }));

    /// <summary>Rows that DuckDB reads otherwise than they were given.</summary>
    public long Differences(string file)
    {
        var names = string.Join(", ", EventColumns.All.Select(column => $"\"{EventColumns.Name(column)}\""));
        return _connection.Scalar<long>($"""
            SELECT count(*) FROM (
                (SELECT {names} FROM expected EXCEPT ALL SELECT {names} FROM '{file}')
                UNION ALL (SELECT {names} FROM '{file}' EXCEPT ALL SELECT {names} FROM expected))
            """);
    }

    private Action<ChunkAppender> NewColumn(Millrace.Iceberg.Field field)
    {
        var distinct = _random.Next(5) switch { 0 => 1, 1 => 3, 2 => 300, 3 => 30_000, _ => int.MaxValue };
        var (nulls, longest) = (_random.Next(4) switch { 0 => 0.0, 1 => 1.0, _ => _random.NextDouble() }, _random.Next(60));
        var type = EventColumns.Type((EventColumn)field.Id);
        nulls = (EventColumn)field.Id == EventColumn.EventTime ? 0 : nulls;
        var isNull = false;
        return expected =>
        {
            // Runs of nulls as well as single ones.
            isNull = _random.Next(4) == 0 ? _random.NextDouble() < nulls : isNull && nulls > 0;
            var value = new Random(_random.Next(distinct));
            if (isNull || nulls == 1)
            {
                return;
            }
            if (type == ColumnType.Text)
            {
                var text = Encoding.UTF8.GetBytes(string.Concat(
                    Enumerable.Range(0, value.Next(longest + 1)).Select(_ => Alphabet[value.Next(Alphabet.Length)])));
                Rows.Set(field.Id, text);
                expected.SetUtf8(field.Id - 1, text);
                return;
            }
            SetNumber(expected, field.Id, type, value.NextInt64(-2_000_000_000_000_000, 2_000_000_000_000_000));
        };
    }

    private void SetNumber(ChunkAppender expected, int field, ColumnType type, long number)
    {
        switch (type)
        {
            case ColumnType.Real:
                Rows.Set(field, BitConverter.DoubleToInt64Bits(number / 1e9));
                expected.Set(field - 1, number / 1e9);
                break;
            case ColumnType.Flag:
                Rows.Set(field, number & 1);
                expected.Set(field - 1, (byte)(number & 1));
                break;
            case ColumnType.Int:
                Rows.Set(field, (int)number);
                expected.Set(field - 1, (int)number);
                break;
            default:
                Rows.Set(field, number);
                expected.Set(field - 1, number);
                break;
        }
    }
}
