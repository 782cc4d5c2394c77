using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

/// <summary>A full segment of about 200 records with one behind it, cut at every byte and with bits flipped.</summary>
public sealed class DamageTests : IAsyncLifetime
{
    private const int Records = 200;

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
        for (int length = 0; length < _sound.Length; length += length > _sound.Length - 4096 ? 1 : 13)
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
        var random = new Random(20_000);
        byte[] bytes = [.. _sound];
        _log.Disk.Place(_path, bytes);
        for (int i = 0; i < 20_000; i++)
        {
            int at = random.Next(bytes.Length);
            byte mask = (byte)(1 << random.Next(8));
            bytes[at] ^= mask;
            LogContents contents = _log.Read();
            bytes[at] ^= mask;
            Check(contents, $"bit {mask} of byte {at}");
            contents.Records.Count.ShouldBeGreaterThanOrEqualTo(_log.Acknowledged.Count - 1, $"byte {at}");
        }
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
