using System.Text.Json;
using Millrace.Log;
using Millrace.Tests.Lake;
using Millrace.Tests.Refine;

namespace Millrace.Tests.Cli;

/// <summary><c>millrace log inspect</c>.</summary>
public sealed class LogVerbTests : IAsyncLifetime
{
    private LakeWorld _world = null!;
    private string _segment = "";
    private long _second;

    public async ValueTask InitializeAsync()
    {
        _world = await LakeWorld.OpenAsync();
        await _world.AppendAsync(Payload.Ids("a", "b", "c"));
        _second = await _world.AppendAsync(Payload.Ids("d"));
        await _world.AppendAsync(Payload.Ids("e", "f"));
        _segment = LogSegments.List(_world.Disk, _world.In("log"))[0].Path;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Shows_the_header_and_each_record_of_a_segment()
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("log", "inspect", _segment)).ShouldBe(0);

        var lines = terminal.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(5);
        lines[0].ShouldStartWith($"header base=0 end=");
        lines[0].ShouldContain($" node={_world.Node} ");
        lines[1].ShouldContain(" events=3 ");
        lines[2].ShouldContain($"record offset={_second} ");
        lines[2].ShouldContain(" kind=batch tenant=acme source=web protocol=native route=/v1/events crc=ok");
        lines[4].ShouldContain(" records=3 events=6 damage=0 events_lost=0 ");
    }

    [Fact]
    public async Task Shows_damage_between_records_and_ends_with_1()
    {
        _world.Spoil(_second);
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("log", "inspect", "--json", _segment)).ShouldBe(1);

        var lines = terminal.Out.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines.Select(line => line.GetProperty("line").GetString())
            .ShouldBe(["header", "record", "damage", "record", "segment"]);
        lines[2].GetProperty("offset").GetInt64().ShouldBe(_second);
        lines[2].GetProperty("events_lost").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Sums_up_the_segments_of_a_data_directory()
    {
        _world.Spoil(_second);
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("log", "inspect", _world.In(""))).ShouldBe(1);

        terminal.Out.TrimEnd().Split('\n').ShouldHaveSingleItem().ShouldContain(" records=2 events=5 damage=1 events_lost=1 ");
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("node")]
    public async Task What_is_no_segment_is_refused(string name)
    {
        var terminal = new CapturedTerminal();

        (await terminal.RunAsync("log", "inspect", _world.In(name))).ShouldBe(2);

        terminal.Error.ShouldContain(name);
    }
}
