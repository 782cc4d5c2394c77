using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

/// <summary>A full segment of about 200 records with one behind it, cut at every byte and with bits flipped.</summary>
public sealed class DamageTests : IAsyncLifetime
{
    private const int Records = 200;

    /// <summary>Set by the long run: every bit of the file, and every length.</summary>
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("MILLRACE_TEST_DAMAGE") == "all";

    private readonly int _seed = DateTime.UtcNow.DayOfYear + 1000 * DateTime.UtcNow.Year;

    private readonly LogScenario _log = new();
    private string _path = "";
    private byte[] _sound = [];
    private long _nextBase;

    public async ValueTask InitializeAsync()
    {
        await using LogWriter writer = _log.Open();
        for (int i = 0; _nextBase == 0; i++)
        {
            await _log.Append(writer, i, i * 37 % 450);
            IReadOnlyList<LogSegment> segments = LogSegments.List(_log.Disk, LogScenario.Directory);
            _nextBase = segments.Count > 1 ? segments[1].Base : 0;
        }
        await _log.Append(writer, 9999, 100);
        _path = LogSegments.List(_log.Disk, LogScenario.Directory)[0].Path;
        _sound = _log.Disk.Contents(_path)!;
        _log.Acknowledged.Count.ShouldBeInRange(Records - 30, Records + 60);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Reads_all_before_a_cut_and_counts_what_is_lost()
    {
        // Every byte of the last 4 KiB and of the header area's edges; elsewhere a prime step visits all alignments.
        for (int length = 0; length < _sound.Length; length += IsLong || length > _sound.Length - 4096 ? 1 : 13)
        {
            _log.Disk.Place(_path, _sound[..length]);
            LogContents contents = _log.Read();
            Check(contents, $"cut at {length}");
            long cut = length - SegmentHeader.AreaBytes;
            bool headerIsSound = length >= 128;
            int before = _log.Acknowledged.Count(pair => headerIsSound && EndOf(pair) <= cut);
            contents.Records.Count.ShouldBeGreaterThanOrEqualTo(before, $"cut at {length}");
        }
    }

    [Fact]
    public void Reads_all_but_the_damaged_record_whichever_bit_flips()
    {
        var random = new Random(_seed);
        byte[] bytes = [.. _sound];
        _log.Disk.Place(_path, bytes);
        int flips = IsLong ? bytes.Length * 8 : 20_000;
        for (int i = 0; i < flips; i++)
        {
            int bit = IsLong ? i : random.Next(bytes.Length * 8);
            int at = bit / 8;
            byte mask = (byte)(1 << (bit % 8));
            bytes[at] ^= mask;
            LogContents contents = _log.Read();
            bytes[at] ^= mask;
            Check(contents, $"bit {mask} of byte {at}, seed {_seed}");
            contents.Records.Count.ShouldBeGreaterThanOrEqualTo(_log.Acknowledged.Count - 1, $"byte {at}");
        }
    }

    [Theory]
    [InlineData("swapped pages")]
    [InlineData("zeroed sector")]
    [InlineData("doubled tail")]
    [InlineData("stale pages")]
    [InlineData("misplaced write")]
    public async Task Reads_what_is_sound_whatever_a_disk_does_to_blocks(string damage)
    {
        byte[] stale = await StaleAsync();
        var random = new Random(_seed);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = [.. _sound];
            int page = random.Next(bytes.Length / 4096) * 4096, other = random.Next(bytes.Length / 4096) * 4096;
            switch (damage)
            {
                case "swapped pages":
                    _sound.AsSpan(other, 4096).CopyTo(bytes.AsSpan(page));
                    _sound.AsSpan(page, 4096).CopyTo(bytes.AsSpan(other));
                    break;
                case "zeroed sector":
                    bytes.AsSpan(random.Next(bytes.Length / 512) * 512, 512).Clear();
                    break;
                case "doubled tail":
                    bytes = [.. _sound, .. _sound[page..]];
                    break;
                case "stale pages":
                    page = Math.Max(page, SegmentHeader.AreaBytes);
                    stale.AsSpan(page, Math.Min(stale.Length, bytes.Length) - page).CopyTo(bytes.AsSpan(page));
                    break;
                default:
                    _sound.AsSpan(page, Math.Min(4096, bytes.Length - other)).CopyTo(bytes.AsSpan(other));
                    break;
            }
            _log.Disk.Place(_path, bytes);
            LogContents contents = _log.Read();
            Check(contents, $"{damage} {page} {other}, seed {_seed}");
            long untouched = Math.Min(page, damage is "swapped pages" or "misplaced write" ? other : page);
            untouched = damage switch
            {
                "zeroed sector" => SegmentHeader.AreaBytes, "doubled tail" => _sound.Length, _ => untouched,
            };
            contents.Records.Count.ShouldBeGreaterThanOrEqualTo(untouched < SegmentHeader.AreaBytes ? 0
                : _log.Acknowledged.Count(pair => EndOf(pair) + SegmentHeader.AreaBytes <= untouched));
        }
    }

    [Fact]
    public async Task Events_lost_before_any_record_was_read_are_of_the_time_of_the_segment()
    {
        var log = new LogScenario();
        await using LogWriter writer = log.Open();
        long opened = LogSegments.List(log.Disk, LogScenario.Directory)[0].Header!.Created;
        opened.ShouldBeGreaterThan(0);
        await log.Append(writer, 3, 100);
        string path = LogSegments.List(log.Disk, LogScenario.Directory)[0].Path;
        byte[] bytes = log.Disk.Contents(path)!;
        bytes[SegmentHeader.AreaBytes + 60] ^= 1;
        log.Disk.Place(path, bytes);

        LogDamage damage = log.Read().Damage.Single();

        damage.Events.ShouldBe(3);
        damage.ReceivedMicros.ShouldBe(opened);
    }

    [Fact]
    public void A_walk_through_a_segment_shows_the_same_records_and_the_damage()
    {
        byte[] bytes = [.. _sound];
        long broken = _log.Acknowledged.Keys.Order().ElementAt(20);
        bytes[SegmentHeader.AreaBytes + broken + 50] ^= 4;
        _log.Disk.Place(_path, bytes);
        using SegmentWalk walk = SegmentWalk.Open(_log.Disk, _path)!;
        var offsets = new List<long>();
        var damage = new List<LogDamage>();
        foreach (LogItem item in walk.Items())
        {
            if (item.Damage is { } found)
            {
                damage.Add(found);
                continue;
            }
            offsets.Add(item.Record.Offset);
        }

        offsets.ShouldBe(_log.Acknowledged.Keys.Where(at => at < _nextBase && at != broken).Order());
        damage.Single().From.ShouldBe(broken);
        damage.Single().Events.ShouldBe(LogScenario.EventsOf(_log.Acknowledged[broken]));
        walk.HasTail.ShouldBeFalse();
        SegmentWalk.Open(_log.Disk, "/log/other.seg").ShouldBeNull();
    }

    [Fact]
    public void Counts_a_segment_without_a_header_and_one_that_is_gone()
    {
        byte[] bytes = [.. _sound];
        bytes[0] ^= 1;
        bytes[4096] ^= 1;
        _log.Disk.Place(_path, bytes);
        LogContents headless = _log.Read();
        (headless.Damage.Single() with { ReceivedMicros = 0 }).ShouldBe(
            new LogDamage(0, _nextBase, EventsBefore(_nextBase), LogDamageKind.Header));
        _log.Disk.Delete(_path);
        long from = _log.Acknowledged.Keys.ElementAt(50);
        LogContents missing = _log.Read(new LogPosition(from, EventsBefore(from)));
        (missing.Damage.Single() with { ReceivedMicros = 0 }).ShouldBe(
            new LogDamage(from, _nextBase, EventsBefore(_nextBase) - EventsBefore(from), LogDamageKind.MissingSegment));
        missing.Records.Values.ShouldBe(_log.Acknowledged
            .Where(pair => pair.Key >= _nextBase).Select(pair => pair.Value));
    }

    [Fact]
    public async Task Says_at_once_that_the_last_record_is_damaged()
    {
        var log = new LogScenario();
        await using LogWriter writer = log.Open();
        await log.Append(writer, 3, 100);
        await log.Append(writer, 4, 100);
        string path = LogSegments.List(log.Disk, LogScenario.Directory)[0].Path;
        byte[] bytes = log.Disk.Contents(path)!;
        bytes[SegmentHeader.AreaBytes + 160 + 60] ^= 1;
        log.Disk.Place(path, bytes);
        LogContents contents = log.Read();
        contents.Records.Values.ShouldBe([3]);
        (contents.Damage.Single() with { ReceivedMicros = 0 }).ShouldBe(
            new LogDamage(160, 320, 4, LogDamageKind.Records));
    }

    [Fact]
    public async Task Damage_in_the_last_segment_is_still_counted_after_a_restart()
    {
        var log = new LogScenario();
        await using (LogWriter writer = log.Open())
        {
            for (int i = 0; i < 5; i++)
            {
                await log.Append(writer, i, 100);
            }
        }
        string path = LogSegments.List(log.Disk, LogScenario.Directory)[0].Path;
        byte[] bytes = log.Disk.Contents(path)!;
        bytes[SegmentHeader.AreaBytes + (3 * 160) + 60] ^= 1;
        bytes[SegmentHeader.AreaBytes + (4 * 160) + 60] ^= 1;
        log.Disk.Place(path, bytes);
        await using LogWriter again = log.Open();
        await log.Append(again, 5, 100);
        LogContents contents = log.Read();
        contents.Records.Values.ShouldBe([0, 1, 2, 5]);
        contents.EventsLost.ShouldBe(3 + 4);
    }

    [Fact]
    public async Task Old_records_of_a_recycled_file_never_come_back()
    {
        var log = new LogScenario();
        await using LogWriter writer = log.Open();
        await log.Append(writer, 1, 100);
        LogSegment segment = LogSegments.List(log.Disk, LogScenario.Directory)[0];
        byte[] bytes = log.Disk.Contents(segment.Path)!;
        // The same place in a segment of another salt holds a record that was valid there.
        (segment.Header! with { Salt = segment.Header.Salt + 1 }).Write(bytes);
        log.Disk.Place(segment.Path, bytes);
        log.Read().Records.ShouldBeEmpty();
    }

    /// <summary>What a former use of the same file left: other records, sound under another salt.</summary>
    private async Task<byte[]> StaleAsync()
    {
        var former = new LogScenario { Seed = 77 };
        await using LogWriter writer = former.Open();
        for (int i = 0; LogSegments.List(former.Disk, LogScenario.Directory).Count == 1; i++)
        {
            await former.Append(writer, i + 3, i * 37 % 450);
        }
        return former.Disk.Contents(LogSegments.List(former.Disk, LogScenario.Directory)[0].Path)!;
    }

    private void Check(LogContents contents, string what)
    {
        foreach ((long offset, int number) in contents.Records)
        {
            if (!_log.Acknowledged.TryGetValue(offset, out int appended) || appended != number)
            {
                throw new ShouldAssertException($"Record {number} at {offset} was never acknowledged: {what}");
            }
        }
        long expected = _log.Acknowledged.Where(pair => !contents.Records.ContainsKey(pair.Key))
            .Sum(pair => (long)LogScenario.EventsOf(pair.Value));
        contents.EventsLost.ShouldBe(expected, what);
    }

    private long EventsBefore(long offset) =>
        _log.Acknowledged.Where(pair => pair.Key < offset).Sum(pair => (long)LogScenario.EventsOf(pair.Value));

    private static long EndOf(KeyValuePair<long, int> record) =>
        record.Key + RecordHeader.PaddedBytes(RecordHeader.Bytes + 8 + (record.Value * 37 % 450));
}
