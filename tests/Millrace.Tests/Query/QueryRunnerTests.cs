using System.Globalization;
using Millrace.Lake;
using Millrace.Query;

namespace Millrace.Tests.Query;

public sealed class QueryRunnerTests(ShopLake shop) : IClassFixture<ShopLake>
{
    public static TheoryData<string, string> Allowed => SqlCases.Read("allowed.sql");

    [Theory]
    [MemberData(nameof(Allowed))]
    public async Task Runs(string firstRow, string sql)
    {
        var rows = await SmallLake.RowsAsync(shop.Runner, sql);
        string.Join("|", rows[0].Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)?.ToLowerInvariant()))
            .ShouldBe(firstRow.ToLowerInvariant());
    }

    [Fact]
    public async Task Binds_parameters_in_order()
    {
        (await SmallLake.RowsAsync(shop.Runner, "SELECT $2, $1, $3, $4, $5", "a", 1L, 2.5, true, null)).Single()
            .ShouldBe([1L, "a", 2.5, true, null]);
    }

    [Fact]
    public async Task A_bound_value_prunes_and_filters()
    {
        var query = await shop.Runner.StartAsync(
            new QueryRequest("SELECT count(*) FROM events WHERE event_time < ?", ["2026-01-02"]), default);
        using (query)
        {
            (await SmallLake.RowsAsync(query)).Single().ShouldBe([4L]);
            query.Statistics.Files.ShouldBe(2);
        }
    }

    [Fact]
    public async Task Counts_the_files_it_may_read()
    {
        using var all = await shop.Runner.StartAsync(new QueryRequest("SELECT count(*) FROM events", []), default);
        all.Statistics.Files.ShouldBe(3);
        all.Statistics.Bytes.ShouldBeGreaterThan(0);
        all.Statistics.FreshTo.ShouldBe(new DateTimeOffset(2026, 1, 3, 18, 0, 1, TimeSpan.Zero));
    }

    [Fact]
    public async Task An_admin_key_of_a_tenant_sees_its_rows_only()
    {
        var request = new QueryRequest("SELECT DISTINCT tenant FROM events UNION SELECT tenant FROM millrace.events", [])
        {
            Tenant = "bolt",
        };
        using var query = await shop.Runner.StartAsync(request, default);
        (await SmallLake.RowsAsync(query)).Single().ShouldBe(["bolt"]);
    }

    [Fact]
    public async Task Empty_tables_have_their_columns()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner();
        using var query = await runner.StartAsync(new QueryRequest("SELECT * FROM events", []), default);
        query.Columns.Select(column => column.Name)
            .ShouldBe(LakeTable.Events.Schema.Fields.Select(field => field.Name));
        (await SmallLake.RowsAsync(query)).ShouldBeEmpty();
        query.Statistics.FreshTo.ShouldBeNull();
    }

    [Fact]
    public async Task Leaves_no_scratch_behind()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner();
        await SmallLake.RowsAsync(runner, "SELECT 1");
        await Should.ThrowAsync<QueryRefusedException>(() => SmallLake.RowsAsync(runner, "SELECT nothing"));
        await runner.DisposeAsync();
        // The files of empty tables go with the directory.
        Directory.GetFileSystemEntries(Path.Combine(lake.Directory, "tmp")).Select(Path.GetFileName)
            .ShouldBe(["empty"]);
    }

    [Theory]
    [InlineData("SELECT nothing FROM events", "sql_invalid")]
    [InlineData("SELECT 'x'::INT", "sql_failed")]
    [InlineData("SELECT error('mine')", "sql_failed")]
    [InlineData("SELECT count(*) FROM enable_logging()", "sql_function_denied")]
    public async Task Refuses_with_a_code(string sql, string code)
    {
        var refused = await Should.ThrowAsync<QueryRefusedException>(() => SmallLake.RowsAsync(shop.Runner, sql));
        refused.Refusal.Code.ShouldBe(code);
    }

    [Theory]
    [InlineData(200)]
    public async Task Runs_what_nests_deep(int depth) =>
        (await SmallLake.RowsAsync(shop.Runner, $"SELECT count(*) FROM events WHERE log_offset < {Sum(depth)}"))
            .Single().ShouldBe([12L]);

    [Theory]
    [InlineData(300)]
    [InlineData(600)]
    [InlineData(990)]
    public async Task Refuses_what_nests_too_deep(int depth)
    {
        var refused = await Should.ThrowAsync<QueryRefusedException>(
            () => SmallLake.RowsAsync(shop.Runner, $"SELECT count(*) FROM events WHERE log_offset < {Sum(depth)}"));
        refused.Refusal.Code.ShouldBe("sql_too_deep");
    }

    [Fact]
    public async Task A_query_ends_at_its_time_limit()
    {
        var request = new QueryRequest("SELECT count(*) FROM range(10000000000) a, range(1000000) b", [])
        {
            Timeout = TimeSpan.FromMilliseconds(50),
        };
        var refused = await Should.ThrowAsync<QueryRefusedException>(() => shop.Runner.StartAsync(request, default));
        refused.Refusal.Code.ShouldBe("query_timeout");
    }

    [Fact]
    public async Task A_query_ends_when_its_caller_goes()
    {
        using var caller = new CancellationTokenSource();
        var query = shop.Runner.StartAsync(
            new QueryRequest("SELECT count(*) FROM range(10000000000) a, range(1000000) b", []), caller.Token);
        caller.Cancel();
        await Should.ThrowAsync<OperationCanceledException>(() => query);
    }

    [Fact]
    public async Task A_full_line_refuses()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner(new QueryOptions { ConcurrencyMax = 1, WaitingMax = 0 });
        var first = await runner.StartAsync(new QueryRequest("SELECT 1", []), default);
        var refused = await Should.ThrowAsync<QueryRefusedException>(() => SmallLake.RowsAsync(runner, "SELECT 2"));
        refused.Refusal.Code.ShouldBe("query_busy");
        first.Dispose();
        (await SmallLake.RowsAsync(runner, "SELECT 2")).Single().ShouldBe([2]);
    }

    [Fact]
    public async Task A_waiting_query_gives_up_at_its_limit()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner(new QueryOptions { ConcurrencyMax = 1 });
        using var first = await runner.StartAsync(new QueryRequest("SELECT 1", []), default);
        var second = runner.StartAsync(new QueryRequest("SELECT 2", []) { Timeout = TimeSpan.FromMilliseconds(20) }, default);
        (await Should.ThrowAsync<QueryRefusedException>(() => second)).Refusal.Code.ShouldBe("query_timeout");
    }

    [Fact]
    public async Task A_file_that_is_gone_for_good_fails_the_query()
    {
        using var lake = new SmallLake();
        var files = await lake.CommitAsync(LakeTable.Events, ShopLake.Rows);
        File.Delete(files[0]);
        await using var runner = lake.Runner();
        var refused = await Should.ThrowAsync<QueryRefusedException>(
            () => SmallLake.RowsAsync(runner, "SELECT event FROM events"));
        refused.Refusal.Code.ShouldBe("lake_damaged");
        refused.Refusal.Detail.ShouldContain(files[0]);
    }

    [Fact]
    public async Task Reads_files_of_an_older_schema()
    {
        using var lake = new SmallLake();
        lake.ColumnLeftOut = "os";
        await lake.CommitAsync(LakeTable.Events, ShopLake.Rows);
        await lake.EvolveAsync(LakeTable.Events);
        lake.ColumnLeftOut = null;
        await lake.CommitAsync(LakeTable.Events, ShopLake.Rows);
        await using var runner = lake.Runner();
        var rows = await SmallLake.RowsAsync(
            runner, "SELECT os, count(*) FROM events WHERE tenant = 'acme' GROUP BY 1 ORDER BY 1");
        rows.ShouldBe([["iOS", 4L], [null, 4L]]);
        using var ofOne = await runner.StartAsync(
            new QueryRequest("SELECT DISTINCT tenant FROM millrace.events", []) { Tenant = "bolt" }, default);
        (await SmallLake.RowsAsync(ofOne)).ShouldBe([["bolt"]]);
    }

    /// <summary>One instance for all of them: what one leaves in it, the next would meet.</summary>
    [Fact]
    public async Task Queries_of_every_kind_follow_each_other_in_one_instance()
    {
        using var lake = new SmallLake();
        await lake.CommitAsync(LakeTable.Events, ShopLake.Rows);
        await using var runner = lake.Runner(new QueryOptions
        {
            ConcurrencyMax = 1, ReadyMax = 1, KeptWithin = TimeSpan.FromMinutes(1), MemoryBytesMax = 64 << 20, Threads = 1,
        });
        async Task<List<object?[]>> AskAsync(string sql, string tenant)
        {
            using var query = await runner.StartAsync(new QueryRequest(sql, []) { Tenant = tenant }, default);
            return await SmallLake.RowsAsync(query);
        }
        const string Tenants = "SELECT tenant, count(*) FROM events GROUP BY 1 ORDER BY 1";
        for (var round = 0; round < 3; round++)
        {
            (await AskAsync(Tenants, "acme")).ShouldBe([["acme", 4L]]);
            (await AskAsync(Tenants, "bolt")).ShouldBe([["bolt", 4L]]);
            (await AskAsync("SELECT count(*) FROM failed_events", "")).ShouldBe([[0L]]);
            // Spills: 3,000,000 rows of 100 bytes in 64 MiB.
            (await AskAsync("SELECT max(i) FROM (SELECT i, repeat('x', 90) || i AS t FROM range(3000000) r(i) ORDER BY t)", ""))
                .ShouldBe([[2_999_999L]]);
            await IntoParquetAsync(runner, "SELECT tenant FROM events WHERE tenant <> 'bolt'", rows: 8);
            await runner.RunOwnAsync((_, _) => Task.CompletedTask, default);
            (await AskAsync(Tenants, "")).ShouldBe([["acme", 4L], ["bolt", 4L], ["core", 4L]]);
            await IntoParquetAsync(runner, "SELECT tenant FROM millrace.events", rows: 12);
        }
        Directory.GetDirectories(Path.Combine(lake.Directory, "tmp"), $"{Environment.ProcessId}-*")
            .ShouldBe([Path.Combine(lake.Directory, "tmp", $"{Environment.ProcessId}-1")]);

        await lake.EvolveAsync(LakeTable.Events);
        (await AskAsync(Tenants, "core")).ShouldBe([["core", 4L]]);
        (await AskAsync("SELECT count(*) FROM events WHERE event_time < '1990-01-01'", "")).ShouldBe([[0L]]);
        (await AskAsync(Tenants, "")).Count.ShouldBe(3);
    }

    private static async Task IntoParquetAsync(QueryRunner runner, string sql, long rows)
    {
        using var query = await runner.StartAsync(new QueryRequest(sql, []) { IsIntoParquet = true }, default);
        using var database = Millrace.DuckDb.Database.Open(null);
        using var connection = database.Connect();
        connection.Scalar<long>($"SELECT count(*) FROM '{query.ParquetPath}'").ShouldBe(rows);
    }

    [Fact]
    public async Task The_time_of_a_query_is_not_that_of_its_instance()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner();
        for (var query = 0; query < 5; query++)
        {
            var before = DateTimeOffset.UtcNow;
            var now = (DateTimeOffset)(await SmallLake.RowsAsync(runner, "SELECT now()")).Single()[0]!;
            now.ShouldBeGreaterThan(before - TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public async Task A_query_of_our_own_waits_in_the_same_line()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner(new QueryOptions { ConcurrencyMax = 1, WaitingMax = 0 });
        using var first = await runner.StartAsync(new QueryRequest("SELECT 1", []), default);
        var refused = await Should.ThrowAsync<QueryRefusedException>(
            () => runner.RunOwnAsync((_, _) => Task.CompletedTask, default));
        refused.Refusal.Code.ShouldBe("query_busy");
    }

    [Fact]
    public async Task A_query_of_our_own_ends_at_the_time_limit()
    {
        using var lake = new SmallLake();
        await using var runner = lake.Runner(new QueryOptions { Timeout = TimeSpan.FromMilliseconds(20) });
        var refused = await Should.ThrowAsync<QueryRefusedException>(
            () => runner.RunOwnAsync((_, ct) => Task.Delay(Timeout.Infinite, ct), default));
        refused.Refusal.Code.ShouldBe("query_timeout");
    }

    [Fact]
    public async Task Writes_parquet_whatever_comment_ends_the_statement()
    {
        var request = new QueryRequest("SELECT event, ? AS p FROM events WHERE event = ?; -- ) TO 'x'", ["a", "view"])
        {
            IsIntoParquet = true,
        };
        using var query = await shop.Runner.StartAsync(request, default);
        using var database = Millrace.DuckDb.Database.Open(null);
        using var connection = database.Connect();
        connection.Scalar<long>($"SELECT count(*) FROM '{query.ParquetPath}' WHERE p = 'a'").ShouldBe(4);
    }

    private static string Sum(int depth) => string.Concat(Enumerable.Repeat("1 + ", depth)) + "1";
}
