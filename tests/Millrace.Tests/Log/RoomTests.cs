using System.Diagnostics.Metrics;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

public class RoomTests
{
    private readonly LogScenario _log = new();

    [Fact]
    public async Task Uses_released_segments_again_and_removes_those_beyond_the_spares()
    {
        long position;
        await using (LogWriter writer = _log.Open())
        {
            for (int i = 0; i < 60; i++)
            {
                await _log.Append(writer, i, 10_000);
            }
            position = writer.SyncedEnd;
            writer.Release(position);
            await Until(() => Count(".seg") == 1 && Count(".old") == 0);
            Count(".spare").ShouldBe(2);
            await _log.Append(writer, 1000, 50_000);
            await _log.Append(writer, 1001, 50_000);
        }
        LogContents contents = _log.Read(position);
        contents.Records.Values.ShouldBe([1000, 1001]);
        contents.Damage.ShouldBeEmpty();
    }

    [Fact]
    public async Task Closes_an_old_segment_only_if_it_holds_records()
    {
        await using LogWriter writer = _log.Open();
        _log.Time.Advance(TimeSpan.FromMinutes(11));
        await _log.Append(writer, 1, 10);
        _log.Time.Advance(TimeSpan.FromMinutes(11));
        await writer.WaitForSyncedAsync(57_343, TestContext.Current.CancellationToken);
        _log.Time.Advance(TimeSpan.FromMinutes(11));
        await _log.Append(writer, 2, 10);
        LogSegments.List(_log.Disk, LogScenario.Directory).Count.ShouldBe(2);
        _log.Read().Records.Values.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Refuses_beyond_the_bytes_in_flight_and_counts_what_it_refused()
    {
        using var meter = new Meter("test");
        long refused = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == meter && instrument.Name == "millrace.log.refused")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref refused, count));
        listener.Start();
        LogOptions options = _log.Options with { InFlightBytesMax = 64 << 10 };
        await using LogWriter writer = LogWriter.Open(options, _log.Disk, _log.Time,
            new LogStart(new byte[32], new Random(1), meter));
        Task<AppendResult>[] appends;
        using (_log.Disk.Hold())
        {
            appends = [.. Enumerable.Range(0, 10).Select(i =>
                writer.AppendAsync(LogScenario.Entry(i, 16_000)).AsTask())];
            appends.Skip(4).ShouldAllBe(append =>
                append.IsCompleted && append.Result.Refusal == AppendRefusal.InFlightFull);
        }
        (await Task.WhenAll(appends)).Count(result => result.Refusal == AppendRefusal.None).ShouldBe(4);
        refused.ShouldBe(6);
    }

    private int Count(string extension) =>
        _log.Disk.List(LogScenario.Directory).Count(name => name.EndsWith(extension, StringComparison.Ordinal));

    private static async Task Until(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Yield();
        }
    }
}
