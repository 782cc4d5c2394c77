using System.Text;
using Millrace.DuckDb;

namespace Millrace.Tests.DuckDb;

public sealed class ChunkAppenderTests : IDisposable
{
    private readonly Database _database = Database.Open(null);
    private readonly Connection _connection;

    public ChunkAppenderTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Writes_rows_of_many_chunks_with_nulls_and_strings_of_every_length()
    {
        const int rows = 5000;
        _connection.Execute(
            "CREATE TABLE t (i BIGINT, text VARCHAR, never VARCHAR, small SMALLINT, flag BOOLEAN, t TIMESTAMPTZ)");
        using (var appender = _connection.Append("t"))
        {
            for (var row = 0; row < rows; row++)
            {
                appender.Set(0, (long)row);
                if (row % 7 != 0) appender.SetUtf8(1, Encoding.UTF8.GetBytes(TextOf(row)));
                if (row % 2 == 0) appender.Set(3, (short)row);
                appender.Set(4, row % 3 == 0);
                appender.Set(5, row * 1_000_000L);
                appender.EndRow();
            }
            appender.RowsBuffered.ShouldBe(rows);
            appender.Flush();
        }

        using var result = _connection.Query("SELECT * FROM t ORDER BY i");
        var expected = Enumerable.Range(0, rows).Select(row => new object?[]
        {
            (long)row,
            row % 7 == 0 ? null : TextOf(row),
            null,
            row % 2 == 0 ? (short)row : null,
            row % 3 == 0,
            DateTimeOffset.UnixEpoch.AddSeconds(row),
        });
        result.Rows().Zip(expected).Count(pair => pair.First.SequenceEqual(pair.Second)).ShouldBe(rows);
    }

    [Theory]
    [InlineData("")]
    [InlineData("twelve bytes")]
    [InlineData("thirteen byte")]
    [InlineData("a\0b")]
    [InlineData("a longer text with a \0 inside")]
    [InlineData("🦆🦆🦆")]
    [InlineData("🦆🦆🦆🦆")]
    public void Keeps_text_byte_for_byte(string text)
    {
        _connection.Execute("CREATE TABLE t (text VARCHAR, bytes BLOB)");
        using var appender = _connection.Append("t");
        appender.SetUtf8(0, Encoding.UTF8.GetBytes(text));
        appender.SetUtf8(1, Encoding.UTF8.GetBytes(text));
        appender.EndRow();
        appender.Flush();

        _connection.Scalar<string>("SELECT text FROM t").ShouldBe(text);
        _connection.Scalar<byte[]>("SELECT bytes FROM t").ShouldBe(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public void Keeps_a_long_text()
    {
        _connection.Execute("CREATE TABLE t (text VARCHAR)");
        var text = new string('x', 100_000);
        using var appender = _connection.Append("t");
        appender.SetUtf8(0, Encoding.UTF8.GetBytes(text));
        appender.EndRow();
        appender.Flush();
        _connection.Scalar<string>("SELECT text FROM t").ShouldBe(text);
    }

    [Fact]
    public void Shows_rows_to_other_connections_at_flush_and_goes_on()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER)");
        using var reader = _database.Connect();
        using var appender = _connection.Append("t");
        appender.Set(0, 1);
        appender.EndRow();
        reader.Scalar<long>("SELECT count(*) FROM t").ShouldBe(0);

        appender.Flush();
        appender.RowsBuffered.ShouldBe(0);
        reader.Scalar<long>("SELECT count(*) FROM t").ShouldBe(1);

        appender.EndRow();
        appender.Set(0, 3);
        appender.EndRow();
        appender.Flush();
        reader.Query("SELECT i FROM t ORDER BY rowid").Rows().Select(row => row[0]).ShouldBe([1, null, 3]);
    }

    [Fact]
    public void Forgets_an_abandoned_row()
    {
        _connection.Execute("CREATE TABLE t (a INTEGER, b VARCHAR)");
        using var appender = _connection.Append("t");
        appender.Set(0, 1);
        appender.SetUtf8(1, "given up"u8);
        appender.AbandonRow();
        appender.Set(0, 2);
        appender.EndRow();
        appender.SetUtf8(1, "not ended"u8);
        appender.Flush();
        appender.EndRow();
        appender.Flush();
        object?[][] expected = [[2, null], [null, null]];
        _connection.Query("FROM t ORDER BY rowid").Rows().ShouldBe(expected);
    }

    [Fact]
    public void Drops_rows_that_were_not_flushed()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER)");
        using (var appender = _connection.Append("t"))
        {
            for (var row = 0; row < 3000; row++)
            {
                appender.Set(0, row);
                appender.EndRow();
            }
        }
        _connection.Scalar<long>("SELECT count(*) FROM t").ShouldBe(0);
    }

    [Fact]
    public void Reports_a_broken_constraint_at_flush_and_disposes_quietly()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER NOT NULL)");
        using (var appender = _connection.Append("t"))
        {
            appender.EndRow();
            Should.Throw<DuckDbException>(appender.Flush).Type.ShouldBe(DuckDbErrorType.Constraint);
        }
        _connection.Scalar<long>("SELECT count(*) FROM t").ShouldBe(0);
    }

    [Fact]
    public void Refuses_a_value_that_does_not_fit_its_column()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER, text VARCHAR)");
        using var appender = _connection.Append("t");
        Should.Throw<InvalidCastException>(() => appender.Set(0, 1L));
        Should.Throw<InvalidCastException>(() => appender.Set(1, Int128.One));
        Should.Throw<InvalidCastException>(() => appender.SetUtf8(0, "1"u8));
        Should.Throw<ArgumentOutOfRangeException>(() => appender.Set(2, 1));
        Should.Throw<ArgumentOutOfRangeException>(() => appender.Set(-1, 1));
    }

    [Fact]
    public void Refuses_text_that_is_not_UTF_8_but_takes_any_bytes_for_a_blob()
    {
        _connection.Execute("CREATE TABLE t (text VARCHAR, bytes BLOB)");
        using var appender = _connection.Append("t");
        byte[] cutShort = [(byte)'a', 0xF0, 0x9F];
        Should.Throw<ArgumentException>(() => appender.SetUtf8(0, cutShort));
        appender.SetUtf8(1, cutShort);
        appender.EndRow();
        appender.Flush();
        _connection.Query("FROM t").Rows().Single().ShouldBe([null, cutShort]);
    }

    [Fact]
    public void Refuses_a_missing_table_and_a_nested_one()
    {
        Should.Throw<DuckDbException>(() => _connection.Append("missing")).Type.ShouldBe(DuckDbErrorType.Catalog);
        _connection.Execute("CREATE TABLE nested (s STRUCT(a INTEGER))");
        Should.Throw<NotSupportedException>(() => _connection.Append("nested"));
    }

    [Fact]
    public void Refuses_use_after_dispose()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER)");
        var appender = _connection.Append("t");
        appender.Dispose();
        appender.Dispose();
        Should.Throw<ObjectDisposedException>(() => appender.Set(0, 1));
        Should.Throw<ObjectDisposedException>(appender.EndRow);
        Should.Throw<ObjectDisposedException>(appender.Flush);
    }

    [Fact]
    public void Allocates_nothing_per_row()
    {
        _connection.Execute("CREATE TABLE t (i BIGINT, short VARCHAR, long VARCHAR)");
        using var appender = _connection.Append("t");
        Write(appender, rows: 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Write(appender, rows: 2000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static void Write(ChunkAppender appender, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            appender.Set(0, (long)row);
            appender.SetUtf8(1, "short"u8);
            appender.SetUtf8(2, "longer than twelve bytes"u8);
            appender.EndRow();
        }
    }

    private static string TextOf(int row) => new((char)('a' + (row % 26)), row % 101);
}
