using System.Globalization;
using System.Text.Json;

namespace Millrace.Integration;

/// <summary>What the generator expects, by its own bookkeeping, against what SQL and the ledger say.</summary>
public class GeneratedTrafficTests
{
    /// <summary>Another number for <c>./test --long million</c>.</summary>
    private static readonly int Events = int.Parse(
        Environment.GetEnvironmentVariable("MILLRACE_TEST_EVENTS") ?? "100000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_hundred_thousand_events_come_out_as_expected_and_sending_them_again_adds_nothing()
    {
        using var workspace = new Workspace();
        await using var server = await Server.StartAsync(workspace);
        var (file, expectation) = (workspace.In("events.ndjson"), workspace.In("expected.json"));
        (await MillraceProgram.RunAsync(
            workspace, "generate", "--events", $"{Events}", "--seed", "20261", "--out", file,
            "--expect", expectation, "--tenant-name", Workspace.Tenant)).Succeeded();
        var expected = Expectation.Read(expectation);
        expected.Events.ShouldBe(Events);

        await SendAsync(workspace, file);
        var once = await server.Api.SettledAsync(Events);

        await ShouldHoldAsync(server.Api, expected);
        once.ShouldClose();
        once.Total.Received.ShouldBe(Events);
        once.Total.Stored.ShouldBe(expected.Stored);
        once.Total.Duplicate.ShouldBe(expected.Duplicates);
        once.Total.Failed.ShouldBe(expected.Failed, ignoreOrder: true);

        await SendAsync(workspace, file);
        var twice = await server.Api.SettledAsync(2 * Events);

        twice.ShouldClose();
        twice.Total.Received.ShouldBe(2 * Events);
        twice.Total.Stored.ShouldBe(expected.Stored);
        twice.Total.Failed.ShouldBe(
            expected.Failed.ToDictionary(code => code.Key, code => 2 * code.Value), ignoreOrder: true);
        (await server.Api.NumberAsync("SELECT count(*) FROM events")).ShouldBe(expected.Stored);
        (await server.Api.NumberAsync("SELECT count(*) FROM failed_events")).ShouldBe(2 * expected.Failed.Values.Sum());
        (await server.StopAsync()).Error.ShouldNotContain("fail", Case.Insensitive);
    }

    [Fact]
    public async Task Traffic_of_many_tenants_is_told_apart_and_survives_a_restart()
    {
        using var workspace = new Workspace();
        var expectation = workspace.In("expected.json");
        await using (var server = await Server.StartAsync(workspace))
        {
            (await MillraceProgram.RunAsync(
                workspace, "generate", "--events", "20000", "--tenants", "12", "--seed", "7",
                "--to", server.Url, "--key", Workspace.AdminKey, "--expect", expectation)).Succeeded();
            await server.StopAsync();
        }

        await using var restarted = await Server.StartAsync(workspace);

        var expected = Expectation.Read(expectation);
        expected.Totals.Keys.Select(key => key.Tenant).Distinct().Count().ShouldBe(12);
        await ShouldHoldAsync(restarted.Api, expected);
        var ledger = await restarted.Api.LedgerAsync();
        ledger.ShouldClose();
        ledger.Total.Pending.ShouldBe(0);
        ledger.Total.Stored.ShouldBe(expected.Stored);
    }

    private static async Task SendAsync(Workspace workspace, string file)
    {
        var sent = (await MillraceProgram.RunAsync(workspace, "send", file, "--to", workspace.Url,
            "--key", Workspace.WriteKey, "--batch", "500", "--json")).Succeeded();
        using var report = JsonDocument.Parse(sent.LastLine);
        report.RootElement.GetProperty("accepted").GetInt64().ShouldBe(Events);
    }

    private static async Task ShouldHoldAsync(Api api, Expectation expected)
    {
        var totals = await api.SqlAsync(
            "SELECT tenant, CAST(floor(epoch(client_time) / 3600) AS BIGINT) AS hour, event, count(*) "
            + "FROM events GROUP BY ALL");
        var found = totals.ToDictionary(
            row => new TotalKey(row[0].GetString()!, row[1].ValueKind == JsonValueKind.Null ? null : row[1].AsLong(),
                row[2].GetString()!),
            row => row[3].AsLong());
        Differences(expected.Totals, found).ShouldBeEmpty();
        var failed = await api.SqlAsync("SELECT code, count(*) FROM failed_events GROUP BY code");
        failed.ToDictionary(row => row[0].GetString()!, row => row[1].AsLong())
            .ShouldBe(expected.Failed, ignoreOrder: true);
        (await api.NumberAsync("SELECT count(*) FROM events WHERE "
            + "epoch_us(event_time) - epoch_us(received_time) IN (3600000000, -30 * 86400000000)"))
            .ShouldBe(expected.Clamped);
        (await api.NumberAsync("SELECT count(*) - count(DISTINCT tenant || ' ' || event_id) FROM events")).ShouldBe(0);
    }

    private static IEnumerable<string> Differences(
        IReadOnlyDictionary<TotalKey, long> expected, IReadOnlyDictionary<TotalKey, long> found) =>
        from key in expected.Keys.Union(found.Keys)
        let pair = (Expected: expected.GetValueOrDefault(key), Found: found.GetValueOrDefault(key))
        where pair.Expected != pair.Found
        select $"{key}: {pair}";

    /// <param name="Hour">Hours since 1970; null: the client's time cannot be read.</param>
    private sealed record TotalKey(string Tenant, long? Hour, string Event);

    /// <summary>The file of <c>--expect</c>.</summary>
    private sealed record Expectation(long Events, long Stored, long Duplicates, long Clamped)
    {
        public required IReadOnlyDictionary<string, long> Failed { get; init; }

        public required IReadOnlyDictionary<TotalKey, long> Totals { get; init; }

        public static Expectation Read(string path)
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            return new Expectation(Count("events"), Count("stored"), Count("duplicates"), Count("clamped"))
            {
                Failed = root.GetProperty("failed").EnumerateObject()
                    .ToDictionary(code => code.Name, code => code.Value.GetInt64()),
                Totals = root.GetProperty("totals").EnumerateArray().ToDictionary(
                    total => new TotalKey(
                        total.GetProperty("tenant").GetString()!, Hour(total.GetProperty("hour").GetString()),
                        total.GetProperty("event").GetString()!),
                    total => total.GetProperty("count").GetInt64()),
            };

            long Count(string name) => root.GetProperty(name).GetInt64();
        }

        private static long? Hour(string? text) => text is null ? null
            : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeSeconds() / 3600;
    }
}
