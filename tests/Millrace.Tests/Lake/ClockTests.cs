using System.Diagnostics.Metrics;
using Millrace.Tests.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake;

/// <summary>The clock of the machine jumps, as operators, NTP and dead batteries make it.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LakeWorld.OpenAsync(_time);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("2026-11-22T13:00:00Z")]
    [InlineData("2026-11-22T11:00:00Z")]
    [InlineData("2026-11-23T12:00:00Z")]
    [InlineData("2026-11-21T12:00:00Z")]
    [InlineData("1970-01-01T00:00:00Z")]
    public async Task A_jump_loses_no_row_doubles_none_and_makes_no_age_negative(string to)
    {
        var ages = new List<double>();
        using var listener = ListenToFreshness(ages);
        var before = _time.GetUtcNow();
        await _world.AppendAsync(Payload.Ids("1", "2"));
        await _world.RunAsync();
        await _world.AppendAsync(Payload.Ids("3"));
        _time.SetClock(DateTimeOffset.Parse(to, System.Globalization.CultureInfo.InvariantCulture));
        await _world.AppendAsync(Payload.Ids("1", "3", "4"));
        await _world.RunAsync();
        _time.SetClock(before);
        await _world.AppendAsync(Payload.Ids("2", "4", "5"));
        await _world.RunAsync();

        await _world.CheckAsync(["1", "2", "3", "4", "5"], received: 9);
        await TimesShouldFollowTheLogAsync();
        ages.Count.ShouldBeGreaterThanOrEqualTo(3);
        ages.ShouldAllBe(age => age >= 0);
    }

    [Fact]
    public async Task A_jump_to_2038_ends_the_dedup_window_of_what_came_before_and_nothing_else()
    {
        await _world.AppendAsync(Payload.Ids("1"));
        await _world.RunAsync();
        var before = _time.GetUtcNow();
        _time.SetClock(new DateTimeOffset(2038, 1, 19, 3, 14, 8, TimeSpan.Zero));
        await _world.AppendAsync(Payload.Ids("2"));
        await _world.RunAsync();
        _time.SetClock(before);
        await _world.AppendAsync(Payload.Ids("2", "3"));
        await _world.RunAsync();

        await _world.CheckAsync(["1", "2", "3"], received: 4);
        await TimesShouldFollowTheLogAsync();
    }

    private async Task TimesShouldFollowTheLogAsync() => (await _world.QueryAsync(
        """
        SELECT event_id FROM (SELECT event_id, received_time,
            lag(received_time) OVER (ORDER BY log_offset, batch_index) AS before FROM events)
        WHERE received_time < before
        """)).ShouldBeEmpty();

    private MeterListener ListenToFreshness(List<double> ages)
    {
        var listener = new MeterListener
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
        return listener;
    }
}
