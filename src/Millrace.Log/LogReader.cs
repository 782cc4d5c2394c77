namespace Millrace.Log;

/// <summary>Reads a log in order from a position, and follows it as it grows. Hot path.</summary>
/// <remarks>
/// Hands out synced records only, in order, each once; where records are damaged it says so and goes on behind. Damage
/// at the very end is said once a later record or segment shows how many events it took. Not thread safe; any number
/// of readers may read a log, in any process.
/// </remarks>
public sealed class LogReader : IDisposable
{
    private const long Unknown = -1;

    private readonly string _directory;
    private readonly IDisk _disk;
    private readonly LogFollower _follower;
    private readonly long _from; // what ends at or before it is read only to learn the running numbers
    private SegmentView? _segment;
    private LogSegment? _next;
    private long _position;
    private long _events = Unknown;
    private long _searchedTo;
    private long _seenEnd;

    private LogReader(string directory, IDisk disk, long position, LogFollower follower)
    {
        _directory = directory;
        _disk = disk;
        _follower = follower;
        _from = position;
        _seenEnd = position;
    }

    /// <summary>Where reading goes on: all before it was handed out.</summary>
    public long Position => Math.Max(_position, _from);

    /// <summary>Exclusive end of what is durable, as far as this reader can know.</summary>
    public long SyncedEnd => _follower.SyncedEnd;

    /// <summary>Reads a log that is written in this process.</summary>
    /// <param name="position">0, or where an earlier reader stood; in a gap, reading begins with the next record.</param>
    public static LogReader Open(string directory, IDisk disk, long position, LogWriter writer) =>
        new(directory, disk, position, new LogFollower(writer));

    /// <summary>Reads a log that another process writes, or none: asks after 5 ms, backing off to 50 ms.</summary>
    /// <param name="position">0, or where an earlier reader stood; in a gap, reading begins with the next record.</param>
    public static LogReader Open(string directory, IDisk disk, long position, TimeProvider time) =>
        new(directory, disk, position, new LogFollower(directory, disk, time));

    /// <summary>Completes when there is more than at the last <see cref="TryRead"/> that returned false.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => _follower.WaitAsync(_seenEnd, cancellationToken);

    /// <summary>The next item; false if there is none yet.</summary>
    /// <exception cref="IOException">The disk failed; the same call may be made again.</exception>
    /// <exception cref="NewerFormatException">A segment was written by a newer Millrace.</exception>
    public bool TryRead(out LogItem item)
    {
        item = default;
        long end = _follower.SyncedEnd;
        while (Position < end)
        {
            if (_segment is null)
            {
                if (!TryBegin(out LogDamage? missing))
                {
                    break;
                }
                if (missing is not null)
                {
                    item = new LogItem(missing);
                    return true;
                }
            }
            Outcome outcome = Step(end, out item);
            if (outcome == Outcome.Nothing)
            {
                break;
            }
            if (outcome == Outcome.Item)
            {
                return true;
            }
        }
        _seenEnd = end;
        return false;
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _follower.Dispose();
    }

    private enum Outcome { Nothing, Skipped, Item }

    /// <summary>Opens the segment that holds the position, or else the first behind it.</summary>
    private bool TryBegin(out LogDamage? missing)
    {
        missing = null;
        List<long> bases = LogSegments.Bases(_disk, _directory);
        if (bases.Count == 0)
        {
            return false;
        }
        int behind = bases.FindIndex(first => first > _from);
        int index = behind < 0 ? bases.Count - 1 : Math.Max(0, behind - 1);
        _segment = SegmentView.Open(_disk, _directory, bases[index]);
        _position = _segment.Base;
        _events = _segment.Segment.Header?.FirstEvent ?? Unknown;
        if (_from > 0 && _from < _position && _segment.Segment.Header?.PreviousEnd > _from)
        {
            missing = new LogDamage(_from, _position, 0, LogDamageKind.MissingSegment);
        }
        return true;
    }

    private Outcome Step(long end, out LogItem item)
    {
        item = default;
        long limit = Limit(end);
        if (_position < limit)
        {
            if (_segment!.TryRead(_position, limit, out RecordHeader header, out ReadOnlyMemory<byte> payload))
            {
                return Advance(new LogRecord(header, payload, _segment.Segment.Header!.Stamp), out item);
            }
            if (TryReopen())
            {
                return Outcome.Skipped;
            }
            long found = _segment.Find(Math.Max(_position + 8, _searchedTo), limit);
            if (found >= 0)
            {
                _segment.TryRead(found, limit, out header, out _);
                return Damaged(found, header.FirstEvent, LogDamageKind.Records, out item);
            }
            _searchedTo = limit;
        }
        return _next is null ? Outcome.Nothing : MoveOn(_next.Base, out item);
    }

    /// <summary>Where the valid records of the segment end, as far as it is known; finds the next segment.</summary>
    private long Limit(long end)
    {
        if (_segment!.Segment.Header is not null && end < _segment.End)
        {
            return end;
        }
        _next ??= FindNext();
        long previousEnd = _next?.Header?.PreviousEnd ?? long.MaxValue;
        return Math.Min(Math.Min(end, previousEnd), _segment.End);
    }

    private LogSegment? FindNext()
    {
        List<long> bases = LogSegments.Bases(_disk, _directory);
        int index = bases.FindIndex(first => first > _segment!.Base);
        return index < 0 ? null : LogSegments.Open(_disk, _directory, bases[index]);
    }

    private Outcome Advance(LogRecord record, out LogItem item)
    {
        _position = record.End;
        _events = record.FirstEvent + record.Events;
        item = new LogItem(record);
        return record.End <= _from ? Outcome.Skipped : Outcome.Item;
    }

    /// <summary>
    /// A restarted writer may use an empty last segment again, with a new salt. Whoever held it open finds out here,
    /// at the first record, before calling it damage.
    /// </summary>
    private bool TryReopen()
    {
        if (_position != _segment!.Base || _searchedTo > _position)
        {
            return false;
        }
        SegmentView fresh = SegmentView.Open(_disk, _directory, _position);
        bool isAnother = fresh.Segment.Header is { } header && header.Salt != _segment.Segment.Header?.Salt;
        (isAnother ? _segment : fresh).Dispose();
        _segment = isAnother ? fresh : _segment;
        return isAnother;
    }

    private Outcome MoveOn(long nextBase, out LogItem item)
    {
        item = default;
        SegmentView left = _segment!;
        _segment = SegmentView.Open(_disk, _directory, nextBase);
        _next = null;
        left.Dispose();
        if (_segment.Segment.Header is not { } header)
        {
            _position = nextBase;
            return Outcome.Skipped; // what was lost before it shows in the first running number that can be read
        }
        LogDamageKind kind = left.Segment.Header is null ? LogDamageKind.Header
            : header.PreviousEnd > left.End ? LogDamageKind.MissingSegment
            : LogDamageKind.Records;
        if (header.PreviousEnd > _position || (_events != Unknown && header.FirstEvent > _events))
        {
            return Damaged(nextBase, header.FirstEvent, kind, out item);
        }
        _position = nextBase;
        _events = header.FirstEvent;
        return Outcome.Skipped;
    }

    private Outcome Damaged(long to, long firstEvent, LogDamageKind kind, out LogItem item)
    {
        long lost = _events == Unknown ? 0 : Math.Max(0, firstEvent - _events);
        item = new LogItem(new LogDamage(Math.Max(_position, _from), to, lost, kind));
        _position = to;
        _events = firstEvent;
        return to <= _from ? Outcome.Skipped : Outcome.Item;
    }
}
