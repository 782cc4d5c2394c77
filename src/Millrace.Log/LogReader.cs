namespace Millrace.Log;

/// <summary>Reads a log in order from a position, and follows it as it grows. Hot path.</summary>
/// <remarks>
/// Hands out synced records only, in order, each once; where records are damaged it says so and goes on behind. Not
/// thread safe; any number of readers may read a log, in any process.
/// </remarks>
public sealed class LogReader : IDisposable
{
    private const long Unknown = -1;

    private readonly string _directory;
    private readonly IDisk _disk;
    private readonly LogFollower _follower;
    private readonly long _from; // what ends at or before it is read only to learn the number of events
    private SegmentView? _segment;
    private LogSegment? _next;
    private long _position;
    private long _events;
    private long _received;
    private long _seenEnd;

    private LogReader(string directory, IDisk disk, LogPosition position, LogFollower follower)
    {
        _directory = directory;
        _disk = disk;
        _follower = follower;
        _from = _position = _seenEnd = position.Offset;
        _events = position.Events;
    }

    private enum Outcome { Nothing, Skipped, Item }

    /// <summary>Where reading goes on: all before it was handed out.</summary>
    public long Position => Math.Max(_position, _from);

    /// <summary>The same with the events before it, -1 until they are known: what a later reader resumes
    /// with.</summary>
    public LogPosition Reached => new(Position, _position < _from ? Unknown : _events);

    /// <summary>Exclusive end of what is durable, as far as this reader can know.</summary>
    public long SyncedEnd => _follower.Synced.Offset;

    /// <summary>Reads a log that is written in this process.</summary>
    /// <param name="position">0, or where an earlier reader stood; in a gap, reading begins with the next
    /// record.</param>
    public static LogReader Open(string directory, IDisk disk, LogPosition position, LogWriter writer) =>
        new(directory, disk, position, new LogFollower(writer));

    /// <summary>Reads a log that another process writes, or none: asks after 5 ms, backing off to 50 ms.</summary>
    /// <param name="position">0, or where an earlier reader stood; in a gap, reading begins with the next
    /// record.</param>
    public static LogReader Open(string directory, IDisk disk, LogPosition position, TimeProvider time) =>
        new(directory, disk, position, new LogFollower(directory, disk, time));

    /// <summary>Completes when there is more than at the last <see cref="TryRead"/> that returned false.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => _follower.WaitAsync(_seenEnd, cancellationToken);

    /// <summary>The next item; false if there is none yet.</summary>
    /// <exception cref="IOException">The disk failed; the same call may be made again.</exception>
    /// <exception cref="NewerFormatException">A segment was written by a newer Millrace.</exception>
    public bool TryRead(out LogItem item)
    {
        item = default;
        LogPosition synced = _follower.Synced;
        while (Position < synced.Offset)
        {
            Outcome outcome = _segment is null ? Begin(out item) : Step(synced, out item);
            if (outcome == Outcome.Item)
            {
                return true;
            }
            if (outcome == Outcome.Nothing)
            {
                break;
            }
        }
        _seenEnd = synced.Offset;
        return false;
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _follower.Dispose();
    }

    /// <summary>Opens the segment that holds the position, or else the first behind it.</summary>
    private Outcome Begin(out LogItem item)
    {
        item = default;
        List<SegmentName> names = LogSegments.Names(_disk, _directory);
        int index = names.FindIndex(name => name.End > _position);
        if (index < 0)
        {
            return Outcome.Nothing;
        }
        SegmentName name = names[index];
        if (_position < name.Base)
        {
            bool isStart = _position == 0 && _events <= 0;
            _events = isStart ? Unknown : _events;
            return Enter(name, isStart ? LogDamageKind.Nothing : LogDamageKind.MissingSegment, out item);
        }
        _segment = SegmentView.Open(_disk, _directory, name);
        _received = Math.Max(_received, _segment.Header?.ReceivedMin ?? 0);
        if (_events == Unknown)
        {
            _position = name.Base;
            _events = _segment.Header?.FirstEvent ?? Unknown;
        }
        return Outcome.Skipped;
    }

    private Outcome Step(LogPosition synced, out LogItem item)
    {
        item = default;
        long limit = Limit(synced.Offset);
        if (_position < limit)
        {
            var bound = new Bound(limit, _received, _events);
            if (_segment!.TryRead(_position, bound, out StoredRecord record))
            {
                return Advance(record, out item);
            }
            if (TryReopen())
            {
                return Outcome.Skipped;
            }
            if (_segment.TryFind(_position, bound, out record))
            {
                var sound = new LogPosition(record.Header.Offset, record.Header.FirstEvent);
                return Damaged(sound, LogDamageKind.Records, record.Header.Received, out item);
            }
            if (_next is null && _segment.Header is { } header)
            {
                return Damaged(synced, LogDamageKind.Records, header.Created, out item);
            }
        }
        if (_next is null)
        {
            return Outcome.Nothing;
        }
        LogDamageKind lost = _segment!.Header is null ? LogDamageKind.Header
            : _next.Header?.PreviousEnd > _segment.Segment.End ? LogDamageKind.MissingSegment
            : LogDamageKind.Records;
        return Enter(new SegmentName(_next.Base, _next.End), lost, out item);
    }

    /// <summary>Where the valid records of the segment end, as far as it is known; finds the next segment.</summary>
    private long Limit(long synced)
    {
        long end = _segment!.Segment.End;
        if (synced < end)
        {
            return synced;
        }
        _next ??= FindNext(end);
        return Math.Min(end, _next?.Header?.PreviousEnd ?? end);
    }

    private LogSegment? FindNext(long end)
    {
        List<SegmentName> names = LogSegments.Names(_disk, _directory);
        int index = names.FindIndex(name => name.Base >= end);
        return index < 0 ? null : LogSegments.Open(_disk, _directory, names[index]);
    }

    private Outcome Advance(StoredRecord record, out LogItem item)
    {
        _position = record.End;
        _events = record.Header.FirstEvent + record.Header.Events;
        _received = record.Header.Received;
        item = new LogItem(new LogRecord(record, _segment!.Header!));
        return record.End <= _from ? Outcome.Skipped : Outcome.Item;
    }

    /// <summary>Whether the file under this segment's name is another by now: a restarted writer uses an empty last
    /// segment again, with a new salt.</summary>
    private bool TryReopen()
    {
        SegmentView fresh = SegmentView.Open(_disk, _directory, _segment!.Name);
        bool isAnother = fresh.Header is { } header && header.Salt != _segment.Header?.Salt;
        (isAnother ? _segment : fresh).Dispose();
        _segment = isAnother ? fresh : _segment;
        return isAnother;
    }

    /// <summary>Goes on to a segment, and says what was lost between the position and its base.</summary>
    private Outcome Enter(SegmentName name, LogDamageKind lost, out LogItem item)
    {
        item = default;
        SegmentView entered = SegmentView.Open(_disk, _directory, name);
        _segment?.Dispose();
        _segment = entered;
        _next = null;
        if (entered.Header is not { } header)
        {
            _position = name.Base;
            return Outcome.Skipped; // what was lost before it shows in the first running number that can be read
        }
        _received = Math.Max(_received, header.ReceivedMin);
        bool isLost = header.PreviousEnd > _position || (_events != Unknown && header.FirstEvent > _events);
        if (isLost && lost != LogDamageKind.Nothing)
        {
            return Damaged(new LogPosition(name.Base, header.FirstEvent), lost, header.Created, out item);
        }
        _position = name.Base;
        _events = header.FirstEvent;
        return Outcome.Skipped;
    }

    /// <param name="nearby">A time that is not far off, if no record before the damage was read.</param>
    private Outcome Damaged(LogPosition to, LogDamageKind kind, long nearby, out LogItem item)
    {
        long lost = _events == Unknown ? 0 : Math.Max(0, to.Events - _events);
        item = new LogItem(new LogDamage(Math.Max(_position, _from), to.Offset, lost, kind)
        {
            ReceivedMicros = _received > 0 ? _received : nearby,
        });
        _position = to.Offset;
        _events = to.Events;
        return to.Offset <= _from ? Outcome.Skipped : Outcome.Item;
    }
}
