using System.Diagnostics.Metrics;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Tests.Refine;

namespace Millrace.Tests.Lake;

public sealed class HandOverTests : IAsyncLifetime
{
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LakeWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task At_every_moment_lake_and_hot_segments_hold_each_row_once()
    {
        _world.Options = _world.Options with { CommitBytes = 2_000 };
        var role = await _world.StartAsync();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 60; i++)
            {
                await _world.AppendAsync(Payload.Ids($"{i}", $"{i - 1}"));
            }
        });
        var (samples, last) = (0, 0L);
        while (last < 61)
        {
            var before = last;
            var (committed, hot, distinct) = await SampleAsync();
            last = committed + hot;
            distinct.ShouldBe(last);
            last.ShouldBeGreaterThanOrEqualTo(before);
            samples++;
        }
        await sending;
        await LakeWorld.StopAsync(role);

        samples.ShouldBeGreaterThan(1);
        (await SampleAsync()).ShouldBe((61, 0, 61));
        await _world.CheckAsync(Enumerable.Range(-1, 61).Select(i => $"{i}"), received: 120);
    }

    [Fact]
    public async Task A_restart_without_a_commit_makes_the_same_rows_visible_again()
    {
        await _world.AppendAsync(Payload.Ids("1", "2"));
        var first = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(first);
        (await SampleAsync()).ShouldBe((0, 2, 2));
        _world.Catalog.BeforeCommit = _ => throw new CrashException();
        await Should.ThrowAsync<CrashException>(() => LakeWorld.StopAsync(first));
        _world.Catalog.BeforeCommit = null;

        var second = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(second);

        (await SampleAsync()).ShouldBe((0, 2, 2));
        await LakeWorld.StopAsync(second);
        (await SampleAsync()).ShouldBe((2, 0, 2));
    }

    [Fact]
    public async Task Stopping_drains_what_is_in_the_log()
    {
        _world.Options = _world.Options with { HotAfter = TimeSpan.FromHours(1) };
        var role = await _world.StartAsync();
        await Until.TrueAsync(() => role.IsCaughtUp);
        await _world.AppendAsync(Payload.Ids("1"));
        await _world.AppendAsync(Payload.Ids("2"));

        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(["1", "2"], received: 2);
    }

    [Fact]
    public async Task The_log_is_caught_up_with_when_its_end_at_start_is_visible()
    {
        _world.Options = _world.Options with { HotAfter = TimeSpan.FromHours(1), HotRowsMax = 3 };
        await _world.AppendAsync(Payload.Ids("1", "2"));
        var role = await _world.StartAsync();
        role.IsCaughtUp.ShouldBeFalse();

        await _world.AppendAsync(Payload.Ids("3"));

        await LakeWorld.CaughtUpAsync(role);
        (await SampleAsync()).ShouldBe((0, 3, 3));
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_for_a_while_is_waited_for()
    {
        var role = await _world.StartAsync();
        await Until.TrueAsync(() => role.IsCaughtUp);
        var failures = 0;
        _world.Disk.BeforeOpen = path =>
        {
            if (path.EndsWith(".seg", StringComparison.Ordinal) && failures++ == 0)
            {
                throw new IOException("The disk hiccups.");
            }
        };
        await _world.AppendAsync(Payload.Ids("1"));
        await Until.TrueAsync(() => failures > 1);
        await LakeWorld.StopAsync(role);

        failures.ShouldBeGreaterThan(1);
        await _world.CheckAsync(["1"], received: 1);
    }

    [Fact]
    public async Task Freshness_is_measured_when_rows_become_visible()
    {
        var ages = new List<double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "millrace.lake.freshness" && instrument.Meter.Scope == _world.Meters)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, age, _, _) => ages.Add(age));
        listener.Start();
        await _world.AppendAsync(Payload.Ids("1"));

        await _world.RunAsync();

        ages.Count.ShouldBe(1);
        ages[0].ShouldBeGreaterThan(0);
    }

    /// <summary>Rows as a query sees them: the snapshot, then the hot segments at or after its position.</summary>
    private async Task<(long Committed, long Hot, long Distinct)> SampleAsync()
    {
        var events = await _world.TableAsync(LakeTable.Events);
        var position = LakeTables.PositionOf(events.Metadata, _world.Node)?.Offset ?? 0;
        var files = (await new Planner(_world.Tables.Store).PlanAsync(events, Predicate.All, default))
            .Select(file => _world.Objects.LocalPath(file.Path)).ToList();
        var hot = HotSegments.List(_world.In("hot"), LakeTable.Events, _ => position)
            .Select(segment => segment.Path).ToList();
        var both = Ids([.. files, .. hot]);
        return (Ids(files).Count, Ids(hot).Count, both.Distinct().Count());
    }

    private List<string> Ids(List<string> files)
    {
        if (files.Count == 0)
        {
            return [];
        }
        using var result = _world.Connection.Query($"SELECT event_id FROM read_parquet({Sql.List(files)})");
        return [.. result.Rows().Select(row => (string)row[0]!)];
    }
}
