using System.Text;
using System.Text.Json;
using Millrace.Tests.Generate;
using Millrace.Tests.Send;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Cli;

public sealed class GenerateVerbTests : IAsyncLifetime
{
    private readonly ScratchDirectory _folder = new();
    private EventServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await EventServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Writes_lines_and_what_they_must_come_to()
    {
        var (lines, expect) = (_folder.In("e.ndjson"), _folder.In("e.json"));
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(
            "generate", "--events", "3000", "--seed", "9", "--tenants", "3", "--start", "2026-03-14T09:30:00Z",
            "--out", lines, "--expect", expect, "--json")).ShouldBe(0);

        var (same, _) = Traffic.Lines(Traffic.Plan(3000, seed: 9, tenants: 3));
        File.ReadLines(lines).SequenceEqual(same.Select(Encoding.UTF8.GetString)).ShouldBeTrue();
        Result(terminal.Out).GetProperty("events").GetInt64().ShouldBe(3000);
        Stored(expect).ShouldBe(Recount.Of(same, Traffic.Start).Totals.Values.Sum());
    }

    [Fact]
    public async Task Writes_to_standard_output()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("generate", "--events", "5", "--out", "-")).ShouldBe(0);

        terminal.Data.Count(character => character == '\n').ShouldBe(5);
    }

    [Fact]
    public async Task With_an_admin_key_each_tenant_gets_its_own_and_every_line_arrives()
    {
        var expect = _folder.In("e.json");
        _server.Mishap = arrival => arrival.Number % 3 == 0 ? new Mishap(503) : null;
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(
            "generate", "--events", "2000", "--tenants", "2", "--to", _server.Address.ToString(),
            "--key", EventServer.AdminKey, "--expect", expect, "--json")).ShouldBe(0);

        _server.Stored.Count.ShouldBe(2000);
        foreach (var tenant in new[] { "shop-01", "shop-02" })
        {
            var lines = _server.Stored.Where(stored => stored.Key == $"key-of-{tenant}")
                .Select(stored => Encoding.UTF8.GetBytes(stored.Line));
            Recount.Of(lines, Traffic.Start).Totals.Values.Sum().ShouldBe(Stored(expect, tenant));
        }
        var result = Result(terminal.Out);
        result.GetProperty("accepted").GetInt64().ShouldBe(2000);
        result.GetProperty("retries").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task With_a_write_key_all_goes_under_it_and_the_tenant_is_not_known()
    {
        var expect = _folder.In("e.json");
        var terminal = new CapturedTerminal { Variables = { ["MILLRACE_KEY"] = "writer" } };

        (await terminal.RunAsync(
            "generate", "--events", "250", "--to", _server.Address.ToString(), "--expect", expect)).ShouldBe(0);

        _server.Stored.ShouldAllBe(stored => stored.Key == "writer");
        _server.Arrivals.Where(arrival => arrival.Path == "/v1/events")
            .ShouldAllBe(arrival => arrival.Lines.Count <= 100);
        Stored(expect, tenant: null).ShouldBeGreaterThan(200);
    }

    [Fact]
    public async Task Several_tenants_need_an_admin_key()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(
            "generate", "--events", "9", "--tenants", "2", "--to", _server.Address.ToString(),
            "--key", "writer")).ShouldBe(1);

        terminal.Error.ShouldContain("admin key");
        _server.Stored.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rate_holds_for_as_long_as_it_was_asked_for()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(
            "generate", "--for", "3s", "--rate", "500", "--to", _server.Address.ToString(), "--key", "w")).ShouldBe(0);

        _server.Stored.Count.ShouldBeInRange(1_400, 1_501);
    }

    [Fact]
    public async Task An_event_over_the_limit_travels_alone()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync(
            "generate", "--events", "10050", "--to", _server.Address.ToString(), "--key", "w")).ShouldBe(0);

        _server.Arrivals.Single(arrival => arrival.Body.Length > 1_000_000).Lines.Count.ShouldBe(1);
    }

    private static JsonElement Result(string output) => JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement;

    private static long Stored(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.GetProperty("stored").GetInt64();
    }

    private static long Stored(string path, string? tenant)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.GetProperty("totals").EnumerateArray()
            .Where(total => total.GetProperty("tenant").GetString() == tenant)
            .Sum(total => total.GetProperty("count").GetInt64());
    }
}
