using System.Text;
using Millrace.DuckDb;

namespace Millrace.Tests.DuckDb;

public sealed class ConnectionTests : IDisposable
{
    private readonly Database _database = Database.Open(null);
    private readonly Connection _connection;

    public ConnectionTests() => _connection = _database.Connect();

    public static TheoryData<string, DuckDbErrorType> Failures => new()
    {
        { "SELEC 1", DuckDbErrorType.Parser },
        { "SELECT * FROM missing", DuckDbErrorType.Catalog },
        { "SELECT missing", DuckDbErrorType.Binder },
        { "SELECT 'x'::INTEGER", DuckDbErrorType.Conversion },
        { "SELECT 255::UTINYINT + 1::UTINYINT", DuckDbErrorType.OutOfRange },
        { "COMMIT", DuckDbErrorType.Transaction },
        { "SELECT * FROM read_parquet('/missing/file.parquet')", DuckDbErrorType.IO },
        { "SELECT error('told to')", DuckDbErrorType.InvalidInput },
    };

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void Tells_the_type_of_a_failure_and_stays_usable(string sql, DuckDbErrorType type)
    {
        Should.Throw<DuckDbException>(() => _connection.Execute(sql)).Type.ShouldBe(type);
        Should.Throw<DuckDbException>(() =>
        {
            using var statement = _connection.Prepare(sql);
            using var result = statement.Stream();
            _ = result.Rows().ToList();
        }).Type.ShouldBe(type);
        _connection.Scalar<int>("SELECT 1").ShouldBe(1);
    }

    [Fact]
    public void Runs_several_statements_and_keeps_those_before_a_failing_one()
    {
        _connection.Execute("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
        _connection.Query("CREATE TABLE u AS FROM t; SELECT sum(i)::BIGINT FROM u; SELECT 0").ReadSingle().ShouldBe(3L);
        Should.Throw<DuckDbException>(
            () => _connection.Execute("INSERT INTO t VALUES (3); SELECT 'x'::INTEGER; DROP TABLE t"));
        _connection.Scalar<long>("SELECT count(*) FROM t").ShouldBe(3);
    }

    [Fact]
    public void Refuses_SQL_that_C_would_cut_short()
    {
        Should.Throw<ArgumentException>(() => _connection.Execute("SELECT 1 -- \0"));
        Should.Throw<ArgumentException>(() => _connection.Prepare("SELECT 1 -- \0"));
        Should.Throw<ArgumentException>(() => _connection.Append("t\0"));
    }

    [Fact]
    public void Counts_changed_rows()
    {
        using var created = _connection.Query("CREATE TABLE t AS FROM range(10) r(i)");
        using var updated = _connection.Query("UPDATE t SET i = 0 WHERE i < 4");
        using var selected = _connection.Query("FROM t");
        using var prepared = _connection.Prepare("DELETE FROM t WHERE i = ?");
        using var deleted = prepared.Bind(1, 0).Stream();
        updated.RowsChanged.ShouldBe(4);
        selected.RowsChanged.ShouldBe(0);
        deleted.RowsChanged.ShouldBe(4);
    }

    [Fact]
    public void Converts_a_scalar()
    {
        _connection.Scalar<long>("SELECT 1::TINYINT").ShouldBe(1);
        _connection.Scalar<long?>("SELECT 1::TINYINT").ShouldBe(1);
        _connection.Scalar<long>("SELECT sum(i) FROM range(4) r(i)").ShouldBe(6);
        _connection.Scalar<long?>("SELECT NULL").ShouldBeNull();
        _connection.Scalar<string>("SELECT 1 WHERE false").ShouldBeNull();
        Should.Throw<InvalidCastException>(() => _connection.Scalar<int>("SELECT [1]"));
        Should.Throw<OverflowException>(() => _connection.Scalar<byte>("SELECT 256"));
    }

    [Fact]
    public void Streams_a_large_range_chunk_by_chunk()
    {
        const long rows = 1_000_000;
        using var statement = _connection.Prepare("SELECT range AS i FROM range(?)");
        using var result = statement.Bind(1, rows).Stream();
        var (count, sum) = (0L, 0L);
        while (result.NextChunk(out var chunk))
        {
            chunk.RowCount.ShouldBeInRange(1, 2048);
            var column = chunk.Column(0);
            for (var row = 0; row < chunk.RowCount; row++) sum += column.Get<long>(row);
            count += chunk.RowCount;
        }
        (count, sum).ShouldBe((rows, rows * (rows - 1) / 2));
    }

    [Fact]
    public void Reports_a_failure_in_the_middle_of_a_stream()
    {
        using var statement = _connection.Prepare(
            "SELECT CASE WHEN range = 900000 THEN error('late') ELSE range END FROM range(1000000)");
        using var result = statement.Stream();
        Should.Throw<DuckDbException>(() => result.Rows().Count()).Type.ShouldBe(DuckDbErrorType.InvalidInput);
        result.NextChunk(out _).ShouldBeFalse();
    }

    [Fact]
    public void Ends_a_stream_when_its_connection_runs_another_query()
    {
        using var statement = _connection.Prepare("SELECT range FROM range(1000000)");
        using var result = statement.Stream();
        result.NextChunk(out _).ShouldBeTrue();
        _connection.Execute("SELECT 1");
        Should.Throw<DuckDbException>(() => result.Rows().Count()).Type.ShouldBe(DuckDbErrorType.InvalidInput);
    }

    [Fact]
    public async Task Interrupts_a_query_from_another_thread()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        var query = Task.Run(() => _connection.Execute("SELECT sum(range) FROM range(1000000000000)"));
        while (!query.IsCompleted)
        {
            deadline.Token.ThrowIfCancellationRequested();
            _connection.Interrupt();
            await Task.Yield();
        }
        (await Should.ThrowAsync<DuckDbException>(query)).Type.ShouldBe(DuckDbErrorType.Interrupt);
        _connection.Scalar<int>("SELECT 1").ShouldBe(1);
    }

    [Fact]
    public void Ignores_an_interrupt_without_a_query_and_after_dispose()
    {
        var other = _database.Connect();
        other.Interrupt();
        other.Scalar<int>("SELECT 1").ShouldBe(1);
        other.Dispose();
        other.Interrupt();
        Should.Throw<ObjectDisposedException>(() => other.Execute("SELECT 1"));
    }

    [Fact]
    public void Binds_every_kind_of_value()
    {
        using var statement = _connection.Prepare("SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11");
        (statement.ParameterCount, statement.Type).ShouldBe((11, StatementType.Select));
        statement.Bind(1, long.MinValue).Bind(2, 1.5).Bind(3, true).Bind(4, "a\0🦆").Bind(5, "utf8"u8);
        statement.Bind(6, new DateTimeOffset(2026, 11, 22, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)));
        statement.Bind(7, new byte[] { 0, 255 }).BindNull(8).Bind(9, (string?)null);
        statement.Bind(10, "").Bind(11, Array.Empty<byte>());

        using var result = statement.Execute();
        result.Columns.Select(column => column.Type).Take(7).ShouldBe([
            DuckDbType.BigInt, DuckDbType.Double, DuckDbType.Boolean, DuckDbType.Varchar, DuckDbType.Varchar,
            DuckDbType.TimestampTz, DuckDbType.Blob,
        ]);
        result.Rows().Single().ShouldBe([
            long.MinValue, 1.5, true, "a\0🦆", "utf8",
            new DateTimeOffset(2026, 11, 21, 23, 2, 3, 4, 5, TimeSpan.Zero),
            new byte[] { 0, 255 }, null, null, "", Array.Empty<byte>(),
        ]);
    }

    [Fact]
    public void Runs_a_prepared_statement_again_with_other_values()
    {
        using var statement = _connection.Prepare("SELECT ?::BIGINT * 2");
        for (var i = 0L; i < 3; i++) statement.Bind(1, i).Execute().ReadSingle().ShouldBe(i * 2);
    }

    [Fact]
    public void Refuses_what_cannot_be_prepared_or_bound()
    {
        Should.Throw<DuckDbException>(() => _connection.Prepare("SELECT 1; SELECT 2"));
        using var statement = _connection.Prepare("SELECT ?");
        Should.Throw<DuckDbException>(() => statement.Bind(2, 1L));
        Should.Throw<DuckDbException>(() => statement.Bind(0, 1L));
        Should.Throw<DuckDbException>(() => statement.Bind(1, new byte[] { 0xFF }.AsSpan()))
            .Type.ShouldBe(DuckDbErrorType.InvalidInput);
        Should.Throw<DuckDbException>(() => statement.Execute()).Type.ShouldBe(DuckDbErrorType.InvalidInput);
    }
}
