using Millrace.Log;
using Millrace.Tests.Lake;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

public class AppendAndReadTests
{
    private readonly LogScenario _log = new();

    [Fact]
    public async Task Reads_what_was_appended_over_several_segments_and_a_restart()
    {
        for (int start = 0; start < 3; start++)
        {
            await using LogWriter writer = _log.Open();
            for (int i = 0; i < 100; i++)
            {
                (await _log.Append(writer, (start * 100) + i, i * 40)).ShouldBe(AppendRefusal.None);
            }
        }
        LogContents contents = _log.Read();
        contents.Records.ShouldBe(_log.Acknowledged);
        contents.Damage.ShouldBeEmpty();
        LogSegments.List(_log.Disk, LogScenario.Directory).Count.ShouldBeGreaterThan(9);
    }

    [Fact]
    public async Task Gives_a_record_larger_than_a_segment_one_of_its_own_size()
    {
        await using LogWriter writer = _log.Open();
        foreach (int bytes in new[] { 10, 3_000_001, 20, 57_288, 57_289, 30 })
        {
            (await _log.Append(writer, bytes, bytes)).ShouldBe(AppendRefusal.None);
        }
        _log.Read().Records.ShouldBe(_log.Acknowledged);
        LogSegments.List(_log.Disk, LogScenario.Directory).Select(segment => segment.Header!.Capacity)
            .ShouldBe([57_344, 3_002_368, 57_344, 61_440]);
    }

    [Fact]
    public async Task Sixteen_appenders_get_every_record_once_and_in_order()
    {
        await using LogWriter writer = _log.Open();
        int[][] numbers = [.. Enumerable.Range(0, 16).Select(task => Enumerable.Range(task * 1000, 1000).ToArray())];
        long[][] offsets = await Task.WhenAll(numbers.Select(own => Task.Run(async () =>
        {
            var mine = new List<long>();
            foreach (int number in own)
            {
                AppendResult result = await writer.AppendAsync(LogScenario.Entry(number, number % 50));
                result.Refusal.ShouldBe(AppendRefusal.None);
                mine.Add(result.Offset);
            }
            return mine.ToArray();
        })));
        LogContents contents = _log.Read();
        contents.Records.Count.ShouldBe(16_000);
        contents.Damage.ShouldBeEmpty();
        for (int task = 0; task < 16; task++)
        {
            offsets[task].Select(offset => contents.Records[offset]).ShouldBe(numbers[task]);
            offsets[task].ShouldBeInOrder();
        }
    }

    [Fact]
    public async Task Begins_at_any_position_with_the_next_record()
    {
        await using (LogWriter writer = _log.Open())
        {
            for (int i = 0; i < 120; i++)
            {
                await _log.Append(writer, i, 1000);
            }
        }
        long[] offsets = [.. _log.Acknowledged.Keys];
        foreach (long offset in offsets)
        {
            _log.Read(offset).Records.Keys.ShouldBe(offsets.Where(other => other >= offset));
        }
    }

    [Fact]
    public async Task Receive_time_never_goes_back_even_if_the_clock_does()
    {
        await using (LogWriter writer = _log.Open())
        {
            await _log.Append(writer, 1, 10);
            _log.Time.SetClock(DateTimeOffset.UnixEpoch);
            await _log.Append(writer, 2, 10);
        }
        await using LogWriter restarted = _log.Open();
        await _log.Append(restarted, 3, 10);
        _log.Read().Records.Values.ShouldBe([1, 2, 3]); // reading checks the order of times
    }

    [Fact]
    public async Task Segments_carry_the_stamp_in_force_where_they_begin()
    {
        await using LogWriter writer = _log.Open(stamp: 1);
        await _log.Append(writer, 1, 10);
        byte[] stamp = new byte[32];
        stamp[0] = 2;
        await writer.AppendAsync(LogScenario.Entry(2, 10) with { Stamp = stamp });
        await _log.Append(writer, 3, 61_000);
        LogSegments.List(_log.Disk, LogScenario.Directory).Select(segment => segment.Header!.Stamp.Span[0])
            .ShouldBe([(byte)1, (byte)2]);
    }

    [Fact]
    public async Task A_reader_in_the_process_waits_for_the_next_record()
    {
        await using LogWriter writer = _log.Open();
        using LogReader reader = LogReader.Open(LogScenario.Directory, _log.Disk, 0, writer);
        reader.TryRead(out _).ShouldBeFalse();
        ValueTask waiting = reader.WaitAsync(TestContext.Current.CancellationToken);
        waiting.IsCompleted.ShouldBeFalse();
        await _log.Append(writer, 1, 100);
        await waiting;
        LogContents.Of(reader).Records.Values.ShouldBe([1]);
    }

    [Fact]
    public async Task A_reader_in_another_process_follows_through_segments_failures_and_restarts()
    {
        using LogReader reader = LogReader.Open(LogScenario.Directory, _log.Disk, 0, _log.Time);
        reader.TryRead(out _).ShouldBeFalse();
        var seen = new List<int>();
        for (int start = 0; start < 4; start++)
        {
            await using LogWriter writer = _log.Open();
            LogContents.Of(reader).Records.ShouldBeEmpty();
            for (int i = 0; i < 70; i++)
            {
                await _log.Append(writer, (start * 70) + i, 2000);
                seen.AddRange(LogContents.Of(reader).Records.Values);
            }
        }
        seen.ShouldBe(Enumerable.Range(0, 280));
    }

    [Fact]
    public async Task A_reader_of_an_empty_segment_survives_that_a_restart_uses_it_again()
    {
        using LogReader reader = LogReader.Open(LogScenario.Directory, _log.Disk, 0, _log.Time);
        await using (LogWriter first = _log.Open())
        {
            await _log.Append(first, 1, 100);
        }
        await (_log.Open()).DisposeAsync();
        LogContents.Of(reader).Records.Values.ShouldBe([1]);
        int segments = LogSegments.List(_log.Disk, LogScenario.Directory).Count;
        await using LogWriter third = _log.Open();
        await _log.Append(third, 2, 100);
        LogContents rest = LogContents.Of(reader);
        rest.Records.Values.ShouldBe([2]);
        rest.Damage.ShouldBeEmpty();
        LogSegments.List(_log.Disk, LogScenario.Directory).Count.ShouldBe(segments);
    }

    [Fact]
    public void A_segment_that_is_released_while_segments_are_listed_is_left_out()
    {
        using var directory = new ScratchDirectory();
        string[] paths = [.. new[] { 0, 100, 200 }.Select(at => directory.In($"{at:D20}-{at + 100:D20}.seg"))];
        Array.ForEach(paths, path => File.WriteAllText(path, ""));
        var disk = new FaultyDisk
        {
            BeforeOpen = path =>
            {
                if (path == paths[0])
                {
                    File.Move(path, path + ".old");
                }
            },
        };
        LogSegments.List(disk, directory.Path).Select(segment => segment.Path).ShouldBe(paths[1..]);
    }

    [Fact]
    public async Task A_lost_log_begins_again_far_behind_the_committed_position()
    {
        var log = new LogScenario { Options = _log.Options with { FirstOffsetMin = 8_000_000 } };
        await using LogWriter writer = log.Open();
        await log.Append(writer, 1, 10);
        log.Acknowledged.Keys.ShouldBe([1L << 40]);
        LogContents contents = log.Read(8_000_000);
        contents.Records.ShouldBe(log.Acknowledged);
    }

    [Fact]
    public async Task A_log_older_than_the_committed_position_goes_on_behind_it()
    {
        await using (LogWriter writer = _log.Open())
        {
            await _log.Append(writer, 1, 10);
        }
        var later = new LogScenario { Disk = _log.Disk, Options = _log.Options with { FirstOffsetMin = 8_000_000 } };
        await using LogWriter again = later.Open();
        await later.Append(again, 2, 10);
        LogContents all = later.Read();
        all.Records.ShouldBe(_log.Acknowledged.Concat(later.Acknowledged).ToDictionary());
        all.Damage.ShouldBeEmpty();
    }
}
