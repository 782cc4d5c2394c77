using System.Diagnostics;
using System.Diagnostics.Metrics;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

public class RoomTests
{
    private readonly LogScenario _log = new();

    [Fact]
    public async Task Restarts_without_a_record_keep_every_spare_once()
    {
        _log.Disk.Place("/log/7000000000000000.spare", new byte[64 << 10]);
        for (int start = 1; start < 4; start++)
        {
            _log.Disk.Place($"/log/700000000000000{start}.spare", new byte[64 << 10]);
            await _log.Open().DisposeAsync();
        }
        await using LogWriter writer = _log.Open();
        for (int i = 0; i < 40; i++)
        {
            (await _log.Append(writer, i, 10_000)).ShouldBe(AppendRefusal.None);
        }
        _log.Read().Records.ShouldBe(_log.Acknowledged);
    }

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

    [Fact]
    public async Task Recycles_what_was_released_whichever_operation_fails_meanwhile()
    {
        for (int n = 1; n < 30; n++)
        {
            var log = new LogScenario();
            await using LogWriter writer = log.Open();
            for (int i = 0; i < 20; i++)
            {
                await log.Append(writer, i, 10_000);
            }
            log.Disk.FailAt(n, DiskFaultKind.InputOutput);
            writer.Release(writer.SyncedEnd);
            await Until(() =>
            {
                log.Time.Advance(TimeSpan.FromMilliseconds(250));
                // Not by listing, which would be the operation that fails.
                var files = log.Disk.Below(LogScenario.Directory);
                return files.Count(file => file.Path.EndsWith(".seg", StringComparison.Ordinal)) == 1
                    && !files.Any(file => file.Path.EndsWith(".old", StringComparison.Ordinal));
            });
        }
    }

    [Fact]
    public async Task Gives_its_spares_back_while_there_is_no_room_and_makes_one_again_when_there_is()
    {
        await using LogWriter writer = _log.Open();
        await Until(() => Count(".spare") == 1);
        _log.Disk.Room = new DiskSpace((5L << 30) - 1, 1L << 40);
        await Until(() =>
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(250));
            writer.Release(0);
            return Count(".spare") == 0 && Count(".old") == 0;
        });
        writer.Condition.ShouldBe(AppendRefusal.DiskFull);

        _log.Disk.Room = new DiskSpace(6L << 30, 1L << 40);
        await Until(() =>
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(250));
            writer.Release(0);
            return Count(".spare") == 1 && writer.Condition == AppendRefusal.None;
        });
        (await _log.Append(writer, 1, 10_000)).ShouldBe(AppendRefusal.None);
        _log.Read().Records.ShouldBe(_log.Acknowledged);
    }

    [Fact]
    public async Task Makes_no_segment_of_the_room_that_is_left_to_others()
    {
        await using LogWriter writer = _log.Open();
        await Until(() => Count(".spare") == 1);
        _log.Disk.Room = new DiskSpace((5L << 30) + (64 << 10) - 1, 1L << 40);
        AppendRefusal refusal;
        int number = 0;
        while ((refusal = await _log.Append(writer, ++number, 10_000)) == AppendRefusal.None)
        {
        }
        refusal.ShouldBe(AppendRefusal.DiskFull);
        writer.Condition.ShouldBe(AppendRefusal.DiskFull);
        (Count(".seg"), Count(".spare"), Count(".old")).ShouldBe((2, 0, 0));

        // Others give room back: the lake has committed, or an operator has helped.
        _log.Disk.Room = new DiskSpace((5L << 30) + (64 << 10), 1L << 40);
        await Until(() =>
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(250));
            return writer.Condition == AppendRefusal.None;
        });
        (await _log.Append(writer, 1000, 10_000)).ShouldBe(AppendRefusal.None);
        _log.Read().Records.ShouldBe(_log.Acknowledged);
    }

    [Fact]
    public async Task Counts_what_a_segment_without_blocks_has_yet_to_take()
    {
        const long left = 5L << 30;
        void Leave(long bytes)
        {
            _log.Disk.Room = new DiskSpace(left + bytes, 1L << 40);
            _log.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Leave(64 << 10);
        await using LogWriter writer = _log.Open();
        Leave((56 << 10) - 1);
        writer.Condition.ShouldBe(AppendRefusal.DiskFull);
        Leave(56 << 10);
        writer.Condition.ShouldBe(AppendRefusal.None);

        for (int i = 0; i < 4; i++)
        {
            (await _log.Append(writer, i, 10_000)).ShouldBe(AppendRefusal.None);
        }
        long written = writer.SyncedEnd;
        written.ShouldBeGreaterThan(40_000);
        Leave((56 << 10) - written - 1);
        writer.Condition.ShouldBe(AppendRefusal.DiskFull);
        Leave((56 << 10) - written);
        writer.Condition.ShouldBe(AppendRefusal.None);
    }

    [Fact]
    public async Task Starts_on_a_full_disk_shows_what_it_holds_and_takes_again_once_that_is_released()
    {
        await using (LogWriter first = _log.Open())
        {
            for (int i = 0; i < 12; i++)
            {
                await _log.Append(first, i, 10_000);
            }
        }
        _log.Disk.List("/log").Where(name => name.EndsWith(".spare", StringComparison.Ordinal)).ToList()
            .ForEach(name => _log.Disk.Delete("/log/" + name));
        _log.Disk.Room = new DiskSpace(1, 1L << 40);

        await using LogWriter writer = _log.Open();
        (await _log.Append(writer, 100, 10)).ShouldBe(AppendRefusal.DiskFull);
        using LogReader reader = LogReader.Open("/log", _log.Disk, 0, writer);
        LogContents.Of(reader).Records.ShouldBe(_log.Acknowledged);

        writer.Release(reader.Position);
        // Not kept as spares: to zero them might take room.
        await Until(() => Count(".seg") == 1 && Count(".old") == 0);
        Count(".spare").ShouldBe(0);
        _log.Disk.Room = new DiskSpace(6L << 30, 1L << 40);
        await Until(() =>
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(250));
            return writer.Condition == AppendRefusal.None;
        });
        (await _log.Append(writer, 101, 10)).ShouldBe(AppendRefusal.None);
        LogContents contents = _log.Read(reader.Reached);
        contents.Records.Values.ShouldBe([101]);
        contents.Damage.ShouldBeEmpty();
    }

    private int Count(string extension) =>
        _log.Disk.List(LogScenario.Directory).Count(name => name.EndsWith(extension, StringComparison.Ordinal));

    private static async Task Until(Func<bool> isSo)
    {
        var waited = Stopwatch.StartNew();
        while (!isSo())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }
    }
}
