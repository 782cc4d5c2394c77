using System.Text.Json;
using Millrace.Tests.Lake;
using Millrace.Tests.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Cli;

/// <summary><c>millrace table</c>.</summary>
public sealed class TableVerbTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await LakeWorld.OpenAsync(_time);
        _world.Options = _world.Options with { CommitBytes = 1 };
        await CommitAsync("a", "b");
        await CommitAsync("c");
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Lists_tables_with_their_rows_and_files()
    {
        var lines = await LinesAsync("list");

        lines.Select(line => line.GetProperty("name").GetString()).Order()
            .ShouldBe(["events", "failed_events", "ledger"]);
        var events = lines.Single(line => line.GetProperty("name").GetString() == "events");
        (events.GetProperty("rows").GetInt64(), events.GetProperty("files").GetInt64()).ShouldBe((3, 2));
    }

    [Fact]
    public async Task Shows_the_schema_the_partition_and_the_positions()
    {
        var lines = await LinesAsync("show", "events");

        lines.ShouldContain(line => Is(line, "column", "event_time") && line.GetProperty("type").GetString() == "timestamptz");
        lines.ShouldContain(line => Is(line, "partition", "event_day"));
        lines.ShouldContain(line => Is(line, "property", $"millrace.position.{_world.Node}"));
    }

    [Fact]
    public async Task Compacts_and_shows_what_became_of_it()
    {
        (await LinesAsync("compact", "events")).ShouldBeEmpty("the hour is not over");
        _time.Advance(TimeSpan.FromHours(3));

        var done = (await LinesAsync("compact", "events")).ShouldHaveSingleItem();

        (done.GetProperty("rows").GetInt64(), done.GetProperty("files_in").GetInt64()).ShouldBe((3, 2));
        done.GetProperty("files_out").GetInt64().ShouldBe(1);
        var file = (await LinesAsync("files", "events")).ShouldHaveSingleItem();
        file.GetProperty("rows").GetInt64().ShouldBe(3);
        (file.GetProperty("tenant_from").GetString(), file.GetProperty("tenant_to").GetString()).ShouldBe(("acme", "acme"));
        (await LinesAsync("history", "events")).Select(line => line.GetProperty("operation").GetString())
            .ShouldBe(["append", "append", "replace"]);
        Directory.GetDirectories(_world.In("tmp"), "compact*").ShouldBeEmpty();
        await _world.CheckTablesAsync();
    }

    [Theory]
    [InlineData("There is no table 'evnts'", "show", "evnts")]
    [InlineData("Only events, failed_events, ledger are compacted", "compact", "evnts")]
    public async Task Says_what_there_is_instead(string message, params string[] arguments)
    {
        var terminal = new CapturedTerminal();
        (await terminal.RunAsync(["table", .. arguments, "--data", _world.In("")])).ShouldBe(1);
        terminal.Error.ShouldContain(message);
    }

    [Fact]
    public async Task Says_where_there_is_no_lake()
    {
        var terminal = new CapturedTerminal();
        (await terminal.RunAsync("table", "list", "--data", _world.In("log"))).ShouldBe(1);
        terminal.Error.ShouldContain("There is no lake in");
    }

    private static bool Is(JsonElement line, string kind, string name) =>
        line.GetProperty("line").GetString() == kind && line.GetProperty("name").GetString() == name;

    private async Task CommitAsync(params string[] ids)
    {
        await _world.AppendAsync(Payload.Ids(ids));
        await _world.RunAsync();
    }

    private async Task<List<JsonElement>> LinesAsync(params string[] arguments)
    {
        var terminal = new CapturedTerminal { Clock = _time };
        (await terminal.RunAsync(["table", .. arguments, "--json", "--data", _world.In("")])).ShouldBe(0, terminal.Error);
        return [.. terminal.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
