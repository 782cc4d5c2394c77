using Millrace.DuckDb;
using Millrace.Lake;
using Millrace.Query;

namespace Millrace.Tests.Query;

/// <summary>What pruning leaves out, and that it never changes an answer.</summary>
public sealed class PruningTests(PruningTests.Days days) : IClassFixture<PruningTests.Days>
{
    private const int DayCount = 10;

    [Theory]
    [InlineData("event_time >= '2026-01-03' AND event_time < '2026-01-05'", 2)]
    [InlineData("event_time >= TIMESTAMP '2026-01-03' AND event_time < DATE '2026-01-04'", 1)]
    [InlineData("event_time BETWEEN '2026-01-03' AND '2026-01-03 12:00'", 1)]
    [InlineData("'2026-01-10' <= event_time", 1)]
    [InlineData("event_time > TIMESTAMPTZ '2026-01-01 12:00:00+00' - INTERVAL 1 DAY AND event_time < '2026-01-02'", 1)]
    [InlineData("event_time < '2026-01-02 01:00:00+02:00'", 1)]
    [InlineData("event_time > now() + INTERVAL 100 YEAR", 0)]
    [InlineData("event = 'only3'", 1)]
    [InlineData("event IN ('only3', 'only7', NULL)", 2)]
    [InlineData("log_offset = 40", 1)]
    [InlineData("log_offset > 1000000", 0)]
    [InlineData("latitude < 1.5", 2)]
    [InlineData("e.event = 'only3'", 1)]
    public async Task Reads_fewer_files(string where, int files) => (await FilesAsync(where)).ShouldBe(files);

    [Theory]
    [InlineData("event = 'only3' OR true")]
    [InlineData("NOT event = 'only3'")]
    [InlineData("lower(event) = 'only3'")]
    [InlineData("event = lower(event)")]
    [InlineData("event = os")]
    [InlineData("log_offset > 4.5")]
    // DuckDB orders NaN above every number, and no bound tells of it.
    [InlineData("latitude >= 9")]
    [InlineData("event COLLATE NOCASE = 'ONLY3'")]
    [InlineData("latitude > random() - 2")]
    [InlineData("event = (SELECT 'only3')")]
    public async Task Reads_all_files_when_in_doubt(string where) => (await FilesAsync(where)).ShouldBe(DayCount);

    [Theory]
    [InlineData("SELECT count(*) FROM events a, events b WHERE a.event = 'only3'", DayCount)]
    [InlineData("SELECT count(*) FROM (FROM events WHERE event = 'only3'), (FROM events WHERE event = 'only4')", 2)]
    [InlineData("WITH e AS (FROM events WHERE event = 'only3') SELECT count(*) FROM e", 1)]
    [InlineData("WITH e AS (FROM events WHERE event = 'only3') SELECT count(*) FROM e, events", DayCount)]
    [InlineData("SELECT count(*) FROM events AS e(event, tenant) WHERE event = 'only3'", DayCount)]
    [InlineData("SELECT count(*) FROM events TABLESAMPLE 100% WHERE event = 'only3'", DayCount)]
    [InlineData("SELECT upper(event) AS event FROM events WHERE event = 'ONLY3'", 0)]
    public async Task Plans_each_place_that_reads_a_table(string sql, int files)
    {
        using var query = await days.Runner.StartAsync(new QueryRequest(sql, []), default);
        query.Statistics.Files.ShouldBe(files);
    }

    [Fact]
    public async Task A_tenant_prunes_too()
    {
        using var query = await days.Runner.StartAsync(
            new QueryRequest("SELECT count(*) FROM events", []) { Tenant = "nobody" }, default);
        query.Statistics.Files.ShouldBe(0);
    }

    [Fact]
    public async Task The_same_text_reads_the_files_of_its_parameters()
    {
        const string Sql = "SELECT batch_index FROM events WHERE event = ? AND event_time >= ?";
        foreach (var (name, day, rows) in new[] { ("only3", "2026-01-01", 1), ("only7", "2026-01-01", 1), ("only7", "2026-01-09", 0) })
        {
            using var query = await days.Runner.StartAsync(new QueryRequest(Sql, [name, day]), default);
            (query.Statistics.Files, (await SmallLake.RowsAsync(query)).Count).ShouldBe((rows, rows), $"{name} {day}");
        }
    }

    [Theory]
    [InlineData("event = 'only3' AND event_time >= '2026-01-03'", true)]
    [InlineData("event_time IN (TIMESTAMP '2026-01-03', CAST('2026-01-04' AS DATE))", true)]
    [InlineData("event = 'only3' AND event_time < now()", false)]
    [InlineData("event_time < current_date", false)]
    [InlineData("event_time < today()", false)]
    [InlineData("event = upper('x')", false)]
    [InlineData("event_time < CAST('2026-01-03' AS DATE) + INTERVAL 1 DAY", false)]
    [InlineData("event = ?", false, "x")]
    public void Only_what_is_the_same_in_every_run_is_remembered(string where, bool isSame, params object?[] parameters)
    {
        using var gate = new SqlGate();
        using var database = Database.Open(null);
        using var connection = database.Connect();
        gate.TryCheck($"SELECT 1 FROM events WHERE {where}", parameters.Length, out var query, out _).ShouldBeTrue();

        var predicates = FilterValues.Evaluate(connection, query!, parameters);

        query!.Predicates.ShouldBe(isSame ? predicates : null);
    }

    /// <summary>100 seeded conditions; the same ones in a form that cannot prune must give the same rows.</summary>
    [Fact]
    public async Task Never_changes_an_answer()
    {
        var random = new Random(20261122);
        var pruned = 0;
        for (var i = 0; i < 20; i++)
        {
            var conditions = Enumerable.Range(0, 5).Select(_ => Condition(random)).ToList();
            var counts = await CountsAsync(conditions.Select(condition => $"SELECT count(*) FROM events WHERE {condition}"));
            var truth = await CountsAsync(conditions.Select(condition => $"SELECT count(*) FROM events WHERE ({condition}) OR false"));
            counts.ShouldBe(truth, string.Join("\n", conditions));
            using var one = await days.Runner.StartAsync(
                new QueryRequest($"SELECT 1 FROM events WHERE {conditions[0]}", []), default);
            pruned += one.Statistics.Files < DayCount ? 1 : 0;
        }
        pruned.ShouldBeGreaterThan(5);
    }

    private async Task<object?[]> CountsAsync(IEnumerable<string> queries) =>
        (await SmallLake.RowsAsync(days.Runner, $"SELECT {string.Join(", ", queries.Select(query => $"({query})"))}")).Single();

    private static string Condition(Random random)
    {
        var parts = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Part(random));
        return string.Join(" AND ", parts);
    }

    private static string Part(Random random)
    {
        string Comparison() => random.GetItems(["=", "<", "<=", ">", ">="], 1)[0];
        var day = random.Next(-1, DayCount + 2);
        return random.Next(8) switch
        {
            0 => $"event_time {Comparison()} TIMESTAMPTZ '2026-01-01' + INTERVAL ({day}) DAY",
            1 => $"event_time {Comparison()} '2026-01-{Math.Clamp(day, 1, 10):00} {random.Next(24):00}:30:00'",
            2 => $"{random.Next(-1, 90)} {Comparison()} log_offset",
            3 => $"latitude {Comparison()} {day}.{random.Next(10)}",
            4 => $"event IN ('only{day}', 'only7+', NULL)",
            5 => $"event {Comparison()} 'only{day}'",
            6 => $"event_time BETWEEN DATE '2026-01-01' + {day} AND DATE '2026-01-03' + {day}",
            _ => $"batch_index {Comparison()} {day}",
        };
    }

    /// <summary>Asked twice: the second time a part of the work is remembered.</summary>
    private async Task<int> FilesAsync(string where)
    {
        var request = new QueryRequest($"SELECT count(*) FROM events e WHERE {where}", []);
        using var first = await days.Runner.StartAsync(request, default);
        using var second = await days.Runner.StartAsync(request, default);
        second.Statistics.Files.ShouldBe(first.Statistics.Files);
        return first.Statistics.Files;
    }

    /// <summary>Ten days, a file each: events of its own, a latitude that grows (with a NaN and a NULL).</summary>
    public sealed class Days : IAsyncLifetime
    {
        internal SmallLake Lake { get; } = new();

        internal QueryRunner Runner { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await Lake.CommitAsync(LakeTable.Events, $"""
                SELECT 'e' || i AS event_id, 'acme' AS tenant, TIMESTAMPTZ '2026-01-01 06:00:00+00' + to_hours(12 * i) AS event_time,
                    'only' || (i // 2) || CASE WHEN i % 2 = 0 THEN '' ELSE '+' END AS event,
                    CASE WHEN i = 5 THEN 'NaN'::DOUBLE WHEN i = 7 THEN NULL ELSE (i // 2)::DOUBLE END AS latitude,
                    4 * i AS log_offset, (i // 2)::INT AS batch_index
                FROM range({2 * DayCount}) t(i)
                """);
            Runner = Lake.Runner();
        }

        public async ValueTask DisposeAsync()
        {
            await Runner.DisposeAsync();
            Lake.Dispose();
        }
    }
}
