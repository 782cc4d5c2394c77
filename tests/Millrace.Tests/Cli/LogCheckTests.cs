using Millrace.Audit;
using Millrace.Log;
using Millrace.Tests.Lake;
using Millrace.Tests.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Cli;

public sealed class LogCheckTests : IAsyncLifetime
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FaultyDisk _disk = new();
    private IReadOnlyList<string> _segments = [];

    public async ValueTask InitializeAsync()
    {
        var options = new LogOptions { Directory = _scratch.In("log"), SegmentBytes = 64 << 10 };
        await using var log = LogWriter.Open(
            options, _disk, TimeProvider.System, new LogStart(new byte[32], new Random(1)));
        for (var i = 0; i < 20; i++)
        {
            (await log.AppendAsync(LogScenario.Entry(i, bytes: 10_000) with { Events = 1 }))
                .Refusal.ShouldBe(AppendRefusal.None);
        }
        _segments = [.. LogSegments.List(_disk, options.Directory).Select(segment => segment.Path)];
        _segments.Count.ShouldBe(4);
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Segments_that_a_server_lets_go_of_meanwhile_are_no_damage()
    {
        var (areHeadersRead, opened) = (false, 0);
        _disk.BeforeOpen = path =>
        {
            // First to see where the segment before it ends, then to read it.
            if (areHeadersRead && path == _segments[1] && ++opened == 2)
            {
                File.Delete(_segments[0]);
                File.Delete(_segments[1]);
            }
            areHeadersRead |= path == _segments[^1];
        };

        Findings().ShouldBeEmpty();

        opened.ShouldBe(2);
    }

    [Fact]
    public void A_segment_that_is_missing_between_others_is_damage()
    {
        File.Delete(_segments[1]);

        Findings().ShouldHaveSingleItem().Problem.ShouldContain("MissingSegment");
    }

    [Fact]
    public void A_log_that_begins_behind_what_the_lake_holds_is_damage()
    {
        File.Delete(_segments[0]);

        Findings().ShouldHaveSingleItem().Problem.ShouldContain("the log begins here");
    }

    private IReadOnlyList<CheckFinding> Findings()
    {
        var scope = new CheckScope(Path.GetDirectoryName(_scratch.In("log"))!, IsDeep: false)
        {
            Disk = _disk, Time = TimeProvider.System,
        };
        var first = LogCheck.First(scope);
        new LogCheck(scope, position: 0, versions: null).Run(first);
        return scope.Report.Findings;
    }
}
