using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

/// <summary>Whatever fails and whenever the power goes: what was acknowledged is there, and nothing false is.</summary>
public class FaultTests
{
    [Theory]
    [InlineData(DiskFaultKind.InputOutput, false)]
    [InlineData(DiskFaultKind.InputOutput, true)]
    [InlineData(DiskFaultKind.NoSpace, false)]
    [InlineData(DiskFaultKind.NoSpace, true)]
    public async Task Loses_nothing_acknowledged_whichever_operation_fails(DiskFaultKind kind, bool fromThenOn)
    {
        for (int n = 1; ; n++)
        {
            var log = new LogScenario();
            log.Disk.FailAt(n, kind, fromThenOn);
            await Run(log, start: 0, appends: 40);
            bool isPastTheEnd = log.Disk.Failures == 0;
            log.Disk.Crash(new Random(n));
            await Run(log, start: 1, appends: 10);
            Check(log, $"operation {n}");
            if (isPastTheEnd)
            {
                n.ShouldBeGreaterThan(150);
                return;
            }
        }
    }

    [Fact]
    public async Task Loses_nothing_acknowledged_wherever_the_power_goes()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var log = new LogScenario();
            for (int start = 0; start < 3; start++)
            {
                LogWriter writer = log.Open();
                await AppendTogether(log, writer, start * 1000, random);
                // Fails from here on, so that whatever the writer still does is not part of what the crash sees.
                log.Disk.FailAt(1 + random.Next(12), DiskFaultKind.InputOutput, fromThenOn: true);
                await AppendTogether(log, writer, (start * 1000) + 500, random);
                await writer.DisposeAsync();
                log.Disk.Crash(random);
            }
            await Run(log, start: 9, appends: 5);
            Check(log, $"seed {seed}");
        }
    }

    [Fact]
    public async Task Records_that_a_restart_kept_after_a_failed_sync_survive_the_next_crash()
    {
        var log = new LogScenario();
        LogWriter writer = log.Open();
        await log.Append(writer, 1, 600);
        await Settle(log);
        log.Disk.FailAt(2, DiskFaultKind.InputOutput, fromThenOn: true); // the write succeeds, its sync does not
        (await log.Append(writer, 2, 600)).ShouldBe(AppendRefusal.DiskFailing);
        await writer.DisposeAsync();
        log.Disk.Heal();
        await log.Open().DisposeAsync();
        log.Read().Records.Values.ShouldBe([1, 2]);
        for (int seed = 0; seed < 20; seed++)
        {
            log.Disk.Crash(new Random(seed));
            await log.Open().DisposeAsync();
            LogContents contents = log.Read();
            contents.Records.Values.ShouldBe([1, 2]);
            contents.Damage.ShouldBeEmpty();
        }
    }

    /// <summary>A segment of another size than usual is never blank to a start: readers hear of its beginning.</summary>
    [Fact]
    public async Task A_segment_that_went_with_its_unsynced_name_leaves_no_damage_before_it()
    {
        for (int n = 0; n < 12 * 24; n++)
        {
            var log = new LogScenario();
            LogWriter writer = log.Open();
            await log.Append(writer, 1, 600);
            await Settle(log);
            log.Disk.FailAt(1 + (n % 12), DiskFaultKind.InputOutput, fromThenOn: true);
            await log.Append(writer, 2, 100_000);
            await writer.DisposeAsync();
            log.Disk.FailAt(1 + (n / 12), DiskFaultKind.InputOutput, fromThenOn: true);
            try
            {
                await log.Open().DisposeAsync();
            }
            catch (IOException)
            {
                // It did not start.
            }
            log.Disk.Crash(new Random(n));
            await log.Open().DisposeAsync();
            log.Read().Damage.ShouldBeEmpty($"{n}");
        }
    }

    [Fact]
    public async Task Gives_no_offset_to_two_segments_when_opening_one_fails()
    {
        for (int n = 1; n < 60; n++)
        {
            var log = new LogScenario();
            await using (LogWriter writer = log.Open())
            {
                await log.Append(writer, 1, 100);
                await Settle(log);
                log.Disk.FailAt(1 + (n % 12), DiskFaultKind.InputOutput);
                await log.Append(writer, 2, 100_000); // opens a segment of its own size
                await UntilAccepted(log, writer, 3);
            }
            log.Disk.Crash(new Random(n));
            await using LogWriter again = log.Open();
            await log.Append(again, 4, 100);
            LogContents contents = log.Read();
            contents.Records.ShouldBe(log.Acknowledged, $"case {n}");
            contents.Damage.ShouldBeEmpty();
            IReadOnlyList<LogSegment> segments = LogSegments.List(log.Disk, LogScenario.Directory);
            segments.Zip(segments.Skip(1)).ShouldAllBe(pair => pair.First.End <= pair.Second.Base);
        }
    }

    [Fact]
    public async Task With_durability_os_a_segment_left_after_a_failure_is_durable_before_the_next_one_vouches_for_it()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var log = new LogScenario
            {
                Options = new()
                {
                    Directory = LogScenario.Directory, SegmentBytes = 64 << 10, Durability = LogDurability.Os,
                },
            };
            LogWriter writer = log.Open();
            await log.Append(writer, 1, 600);
            await log.Append(writer, 2, 600);
            await Settle(log);
            log.Disk.FailAt(1, DiskFaultKind.InputOutput);
            (await log.Append(writer, 3, 600)).ShouldBe(AppendRefusal.DiskFailing);
            await UntilOpen(log, writer);

            log.Disk.Crash(new Random(seed));

            await log.Open().DisposeAsync();
            LogContents contents = log.Read();
            contents.Records.ShouldBe(log.Acknowledged, $"seed {seed}");
            contents.Damage.ShouldBeEmpty($"seed {seed}");
        }
    }

    [Fact]
    public async Task Refuses_the_group_that_failed_and_goes_on_in_a_new_segment()
    {
        var log = new LogScenario();
        await using LogWriter writer = log.Open();
        await log.Append(writer, 1, 100);
        await Settle(log);
        log.Disk.FailAt(2, DiskFaultKind.InputOutput);
        (await log.Append(writer, 2, 100)).ShouldBe(AppendRefusal.DiskFailing);
        await UntilAccepted(log, writer, 3);
        LogContents contents = log.Read();
        contents.Records.Values.ShouldBe([1, 3]);
        contents.Damage.ShouldBeEmpty();
        LogSegment[] segments = [.. LogSegments.List(log.Disk, LogScenario.Directory)];
        segments.Length.ShouldBe(2);
        segments[1].Base.ShouldBe(segments[0].End);
        segments[1].Header!.PreviousEnd.ShouldBe(log.Acknowledged.Keys.First() + 160);
    }

    [Fact]
    public async Task Refuses_at_once_while_the_disk_fails_and_recovers_at_a_tick()
    {
        var log = new LogScenario();
        await using LogWriter writer = log.Open();
        await Settle(log);
        log.Disk.FailAt(1, DiskFaultKind.InputOutput, fromThenOn: true);
        (await log.Append(writer, 1, 100)).ShouldBe(AppendRefusal.DiskFailing);
        (await log.Append(writer, 2, 100)).ShouldBe(AppendRefusal.DiskFailing);
        log.Disk.Heal();
        await UntilAccepted(log, writer, 3);
        log.Read().Records.Values.ShouldBe([3]);
    }

    [Fact]
    public async Task Refuses_while_the_disk_is_too_full_and_recovers_when_room_returns()
    {
        var log = new LogScenario();
        await using LogWriter writer = log.Open();
        log.Disk.Room = new DiskSpace((5L << 30) - 1, 1L << 40);
        log.Time.Advance(TimeSpan.FromMilliseconds(250));
        (await log.Append(writer, 1, 100)).ShouldBe(AppendRefusal.DiskFull);
        // And what the segment, which has no blocks yet, will still take.
        log.Disk.Room = new DiskSpace((5L << 30) + log.Options.SegmentBytes, 1L << 40);
        log.Time.Advance(TimeSpan.FromMilliseconds(250));
        (await log.Append(writer, 2, 100)).ShouldBe(AppendRefusal.None);
        log.Disk.Room = new DiskSpace(9L << 20, 100L << 20);
        log.Time.Advance(TimeSpan.FromMilliseconds(250));
        (await log.Append(writer, 3, 100)).ShouldBe(AppendRefusal.DiskFull);
    }

    private static async Task Run(LogScenario log, int start, int appends)
    {
        try
        {
            await using LogWriter writer = log.Open();
            for (int i = 0; i < appends; i++)
            {
                await log.Append(writer, (start * 1000) + i, (i * 397) % 9000);
                if (i % 10 == 9)
                {
                    writer.Release(writer.SyncedEnd - 100_000);
                    log.Time.Advance(TimeSpan.FromMilliseconds(250));
                }
            }
        }
        catch (IOException)
        {
            // An open that fails is one of the outcomes.
        }
    }

    private static async Task AppendTogether(LogScenario log, LogWriter writer, int from, Random random)
    {
        (int Number, Task<AppendResult> Result)[] pending =
            [.. Enumerable.Range(from, random.Next(1, 30)).Select(n =>
                (n, writer.AppendAsync(LogScenario.Entry(n, random.Next(4000))).AsTask()))];
        foreach ((int number, Task<AppendResult> result) in pending)
        {
            AppendResult done = await result;
            if (done.Refusal == AppendRefusal.None)
            {
                log.Acknowledged.Add(done.Offset, number);
            }
        }
    }

    private static void Check(LogScenario log, string when)
    {
        LogContents contents = log.Read();
        long begin = LogSegments.List(log.Disk, LogScenario.Directory)[0].Base;
        foreach ((long offset, int number) in log.Acknowledged.Where(pair => pair.Key >= begin))
        {
            contents.Records.ShouldContainKeyAndValue(offset, number, when);
        }
        contents.Damage.ShouldBeEmpty(when);
    }

    /// <summary>Waits until the spares' thread has made its file, so that operations count from a known
    /// point.</summary>
    private static async Task Settle(LogScenario log)
    {
        while (!log.Disk.List(LogScenario.Directory).Any(name => name.EndsWith(".spare", StringComparison.Ordinal)))
        {
            await Task.Yield();
        }
    }

    private static async Task UntilOpen(LogScenario log, LogWriter writer)
    {
        while (writer.Condition != AppendRefusal.None)
        {
            log.Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }
    }

    private static async Task UntilAccepted(LogScenario log, LogWriter writer, int number)
    {
        while (await log.Append(writer, number, 100) != AppendRefusal.None)
        {
            log.Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }
    }
}
