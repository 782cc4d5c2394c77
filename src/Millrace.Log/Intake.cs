namespace Millrace.Log;

/// <summary>A reserved place in a group.</summary>
internal readonly record struct Place(Group Group, Memory<byte> Bytes, RecordHeader Header, Waiter Waiter);

/// <summary>Gives out offsets and places in order, and hands the groups to the writer's thread. Hot path.</summary>
/// <remarks>Everything here happens under one short lock; copying, checksums and the disk are outside it.</remarks>
internal sealed class Intake(LogOptions options, TimeProvider time, Random salts, LogRoom room)
{
    private readonly object _gate = new();
    private readonly Queue<Group> _closed = new();
    private readonly long _capacity = options.SegmentBytes - SegmentHeader.AreaBytes;
    private Group? _open;
    private SegmentPlan _segment = new(0, 0, 0, default);
    private LogTip _tip;
    private long _segmentOpened;
    private long _inFlightBytes;
    private bool _isFailing = true;
    private bool _isEnding;
    private bool _writerWaits;

    /// <summary>What refuses appends whatever their size.</summary>
    public AppendRefusal Condition
    {
        get
        {
            lock (_gate)
            {
                return Refusal;
            }
        }
    }

    private AppendRefusal Refusal => room.IsFull ? AppendRefusal.DiskFull
        : _isFailing ? AppendRefusal.DiskFailing : AppendRefusal.None;

    /// <summary>A segment of the usual size, not yet in use.</summary>
    public SegmentPlan Plan(long firstOffset, LogTip before) => NewPlan(firstOffset, _capacity, before);

    /// <summary>Appends go to this segment from now on; it is open.</summary>
    public void Begin(SegmentPlan segment)
    {
        lock (_gate)
        {
            Enter(segment);
            _isFailing = false;
        }
    }

    /// <exception cref="ObjectDisposedException">The log was closed.</exception>
    public AppendRefusal TryReserve(int bytes, in LogEntry entry, out Place place)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isEnding, typeof(LogWriter));
            place = default;
            if (Refusal != AppendRefusal.None)
            {
                return Refusal;
            }
            if (_inFlightBytes > 0 && _inFlightBytes + bytes > options.InFlightBytesMax)
            {
                return AppendRefusal.InFlightFull;
            }
            if (_segment.End - _tip.End < bytes)
            {
                Roll(Math.Max(_capacity, SegmentHeader.Align(bytes)));
            }
            place = Reserve(bytes, entry);
            WakeWriter();
            return AppendRefusal.None;
        }
    }

    /// <summary>The next group to write, closed to appends; waits for one. Null: the log ends and all is
    /// written.</summary>
    public Group? Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_closed.TryDequeue(out Group? group))
                {
                    return group;
                }
                if (_open is { } open)
                {
                    _open = null;
                    return open;
                }
                if (_isEnding)
                {
                    return null;
                }
                _writerWaits = true;
                Monitor.Wait(_gate);
                _writerWaits = false;
            }
        }
    }

    /// <summary>Frees the room of a group that is written or given up.</summary>
    public void Release(Group group)
    {
        lock (_gate)
        {
            _inFlightBytes -= group.Bytes;
        }
    }

    /// <summary>Refuses appends until <see cref="Begin"/>; returns the groups that will never be written.</summary>
    public List<Group> Fail()
    {
        lock (_gate)
        {
            _isFailing = true;
            var lost = new List<Group>(_closed);
            _closed.Clear();
            if (_open is { } open)
            {
                lost.Add(open);
                _open = null;
            }
            return lost;
        }
    }

    /// <summary>Waits for <see cref="Tick"/>; false: the log ends.</summary>
    public bool WaitForTick()
    {
        lock (_gate)
        {
            if (!_isEnding)
            {
                Monitor.Wait(_gate);
            }
            return !_isEnding;
        }
    }

    /// <summary>Closes a segment that has grown old, and lets a writer that waits for the disk try again.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            bool holdsRecords = _tip.End > _segment.Base;
            if (!_isFailing && !_isEnding && holdsRecords && time.GetElapsedTime(_segmentOpened) >= options.SealAfter)
            {
                Roll(_capacity);
            }
            Monitor.PulseAll(_gate);
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.PulseAll(_gate);
        }
    }

    private Place Reserve(int bytes, in LogEntry entry)
    {
        Group group = _open ??= new Group(_segment, _tip, opensSegment: false);
        long received = Math.Max(_tip.Received, Microseconds.Of(time.GetUtcNow()));
        if (!entry.Stamp.IsEmpty)
        {
            _tip = _tip with { Stamp = entry.Stamp.ToArray(), Stamps = _tip.Stamps + 1 };
        }
        var header = new RecordHeader
        {
            Offset = _tip.End,
            Received = received,
            FirstEvent = _tip.Events,
            Events = entry.Events,
            DurableBefore = options.Durability == LogDurability.Disk ? group.Start : _segment.Base,
            Stamps = _tip.Stamps,
        };
        (Memory<byte> room, Waiter waiter) = group.Reserve(bytes);
        _tip = _tip with { End = _tip.End + bytes, Events = _tip.Events + entry.Events, Received = received };
        group.Tip = _tip;
        _inFlightBytes += bytes;
        return new Place(group, room, header, waiter);
    }

    private void Roll(long capacity)
    {
        if (_open is { } open)
        {
            _closed.Enqueue(open);
        }
        Enter(NewPlan(_segment.End, capacity, _tip));
        _open = new Group(_segment, _tip, opensSegment: true);
        WakeWriter();
    }

    private void Enter(SegmentPlan segment)
    {
        _segment = segment;
        _segmentOpened = time.GetTimestamp();
        _tip = segment.Before with { End = segment.Base };
    }

    private SegmentPlan NewPlan(long firstOffset, long capacity, LogTip before) =>
        new(firstOffset, capacity, (ulong)salts.NextInt64(long.MinValue, long.MaxValue), before);

    private void WakeWriter()
    {
        if (_writerWaits)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
