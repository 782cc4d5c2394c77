using Millrace.DuckDb;
using Millrace.Lake;
using Millrace.Query;
using Millrace.Tests.Lake;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Query;

public sealed class QueryInstanceTests : IAsyncDisposable
{
    private readonly QueryOptions _options = new() { ReadyMax = 2 };
    private readonly ManualTime _time = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-query-").FullName;
    private readonly ReadyInstances _ready;

    public QueryInstanceTests()
    {
        foreach (var name in new[] { "lake", "lake2", "tmp" })
        {
            Directory.CreateDirectory(In(name));
            File.WriteAllText(In($"{name}/a.csv"), "n\n1\n");
        }
        _ready = new ReadyInstances(_options, [In("lake")], In("tmp"), _time);
    }

    [Theory]
    [InlineData("lake2/a.csv")]
    [InlineData("lake/../lake2/a.csv")]
    [InlineData("tmp/a.csv")]
    public void Opens_files_of_the_lake_alone(string other)
    {
        using var session = new QuerySession(_ready);
        session.Connection.Scalar<long>($"SELECT n FROM '{In("lake/a.csv")}'").ShouldBe(1);

        Should.Throw<DuckDbException>(() => session.Connection.Execute($"FROM '{In(other)}'"))
            .Type.ShouldBe(DuckDbErrorType.Permission);
        Should.Throw<DuckDbException>(() => session.Connection.Execute($"COPY (SELECT 1) TO '{In(other)}'"))
            .Type.ShouldBe(DuckDbErrorType.Permission);
    }

    [Theory]
    [InlineData("SET threads = 1")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("SET allowed_directories = ['/']")]
    [InlineData("SET TimeZone = 'Asia/Tokyo'")]
    public void Takes_no_setting(string setting)
    {
        using var session = new QuerySession(_ready);
        Should.Throw<DuckDbException>(() => session.Connection.Execute(setting));
        session.Connection.Scalar<string>("SELECT current_setting('TimeZone')").ShouldBe("UTC");
    }

    [Fact]
    public void A_session_sees_nothing_of_the_one_before_it()
    {
        string instance;
        using (var first = new QuerySession(_ready))
        {
            instance = first.ParquetPath;
            first.Begin();
            first.Show([new TablePlan(LakeTable.Ledger, new Dictionary<string, long>(), [])], tenant: "");
            File.WriteAllText(first.ParquetPath, "rows");
            first.Connection.Execute(
                """
                CREATE TABLE left_one AS SELECT 1 AS n;
                CREATE TEMP TABLE left_two AS SELECT 1 AS n;
                CREATE OR REPLACE VIEW events AS SELECT 'mine' AS event_id;
                SET VARIABLE mine = 1
                """);
            first.IsDone = true;
        }

        using var second = new QuerySession(_ready);
        second.ParquetPath.ShouldBe(instance);
        File.Exists(second.ParquetPath).ShouldBeFalse();
        second.Connection.Scalar<long?>("SELECT getvariable('mine')").ShouldBeNull();
        Should.Throw<DuckDbException>(() => second.Connection.Execute("FROM ledger"));
        second.Connection.Scalar<long>(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'left%'").ShouldBe(0);
        second.Show([new TablePlan(LakeTable.Events, new Dictionary<string, long>(), [])], tenant: "");
        second.Connection.Scalar<long>("SELECT count(tenant) FROM events").ShouldBe(0);
    }

    [Fact]
    public async Task An_instance_whose_query_did_not_end_is_replaced_before_the_next_one_asks()
    {
        string instance;
        using (var first = new QuerySession(_ready))
        {
            instance = Path.GetDirectoryName(first.ParquetPath)!;
        }

        Directory.Exists(instance).ShouldBeFalse();
        await Until.TrueAsync(() => Left() == 1);
        // Whether it is open already or not: the next one takes it or opens its own.
        var ready = Path.Combine(In("tmp"), $"{Environment.ProcessId}-2");
        Directory.Exists(ready).ShouldBeTrue();
    }

    [Fact]
    public async Task No_more_are_opened_in_place_of_failed_ones_than_may_be_ready()
    {
        var sessions = Enumerable.Range(0, 5).Select(_ => new QuerySession(_ready)).ToList();

        sessions.ForEach(session => session.Dispose());
        await _ready.Opening;
        Left().ShouldBe(_options.ReadyMax);
        await _ready.DisposeAsync();
        Left().ShouldBe(0);

        using var late = new QuerySession(_ready);
        Path.GetFileName(Path.GetDirectoryName(late.ParquetPath))
            .ShouldBe($"{Environment.ProcessId}-{sessions.Count + _options.ReadyMax + 1}");
    }

    [Fact]
    public async Task One_that_comes_back_after_the_end_is_closed()
    {
        var late = new QuerySession(_ready) { IsDone = true };
        await _ready.DisposeAsync();

        late.Dispose();

        Left().ShouldBe(0);
    }

    [Fact]
    public async Task One_that_a_long_query_had_is_replaced()
    {
        string UseFor(TimeSpan time)
        {
            using var session = new QuerySession(_ready) { IsDone = true };
            _time.Advance(time);
            return session.ParquetPath;
        }
        var instance = UseFor(_options.KeptWithin);
        _time.Advance(TimeSpan.FromHours(1));
        UseFor(TimeSpan.FromMilliseconds(1)).ShouldBe(instance, "its own age is not its query's");

        UseFor(_options.KeptWithin + TimeSpan.FromMilliseconds(1)).ShouldBe(instance);
        await _ready.Opening;

        Left().ShouldBe(1);
        UseFor(TimeSpan.Zero).ShouldNotBe(instance);
    }

    [Fact]
    public void A_session_that_is_disposed_twice_gives_its_instance_back_once()
    {
        var first = new QuerySession(_ready) { IsDone = true };
        first.Dispose();
        first.Dispose();

        using var second = new QuerySession(_ready);
        using var third = new QuerySession(_ready);
        third.ParquetPath.ShouldNotBe(second.ParquetPath);
    }

    [Fact]
    public void One_that_cannot_be_kept_is_closed_and_takes_no_place()
    {
        for (var i = 0; i <= _options.ReadyMax; i++)
        {
            using var session = new QuerySession(_ready) { IsDone = true };
            // Not a file: it cannot be deleted as one.
            Directory.CreateDirectory(session.ParquetPath);
        }
        Left().ShouldBe(0);

        new QuerySession(_ready) { IsDone = true }.Dispose();

        Left().ShouldBe(1);
    }

    [Fact]
    public async Task No_more_are_kept_than_may_be_ready()
    {
        var sessions = Enumerable.Range(0, 3).Select(_ => new QuerySession(_ready) { IsDone = true }).ToList();

        sessions.ForEach(session => session.Dispose());
        Left().ShouldBe(_options.ReadyMax);
        await _ready.DisposeAsync();

        Left().ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await _ready.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Instances that are open.</summary>
    private int Left() =>
        Directory.GetDirectories(In("tmp")).Count(path => Path.GetFileName(path).Contains('-'));

    private string In(string name) => Path.Combine(_directory, name);
}
