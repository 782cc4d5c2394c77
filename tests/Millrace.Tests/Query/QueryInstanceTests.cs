using Millrace.DuckDb;
using Millrace.Lake;
using Millrace.Query;

namespace Millrace.Tests.Query;

public sealed class QueryInstanceTests : IDisposable
{
    private readonly QueryOptions _options = new() { ReadyMax = 2 };
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-query-").FullName;
    private readonly ReadyInstances _ready;

    public QueryInstanceTests()
    {
        foreach (var name in new[] { "lake", "lake2", "tmp" })
        {
            Directory.CreateDirectory(In(name));
            File.WriteAllText(In($"{name}/a.csv"), "n\n1\n");
        }
        _ready = new ReadyInstances(_options, [In("lake")], In("tmp"));
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
        second.Connection.Scalar<bool>("SELECT getvariable('ledger') IS NULL").ShouldBeTrue();
        second.Connection.Scalar<long>(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'left%'").ShouldBe(0);
        second.Show([new TablePlan(LakeTable.Events, new Dictionary<string, long>(), [])], tenant: "");
        second.Connection.Scalar<long>("SELECT count(tenant) FROM events").ShouldBe(0);
    }

    [Fact]
    public void An_instance_whose_query_did_not_end_is_not_used_again()
    {
        string instance;
        using (var first = new QuerySession(_ready))
        {
            instance = Path.GetDirectoryName(first.ParquetPath)!;
        }

        Directory.Exists(instance).ShouldBeFalse();
        using var second = new QuerySession(_ready);
        Path.GetDirectoryName(second.ParquetPath).ShouldNotBe(instance);
    }

    [Fact]
    public void No_more_are_kept_than_may_be_ready()
    {
        var sessions = Enumerable.Range(0, 3).Select(_ => new QuerySession(_ready) { IsDone = true }).ToList();

        sessions.ForEach(session => session.Dispose());
        Directory.GetDirectories(In("tmp")).Length.ShouldBe(_options.ReadyMax);
        _ready.Dispose();

        Directory.GetDirectories(In("tmp")).ShouldBeEmpty();
    }

    public void Dispose()
    {
        _ready.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string In(string name) => Path.Combine(_directory, name);
}
