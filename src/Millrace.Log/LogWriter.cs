using System.Buffers;

namespace Millrace.Log;

/// <summary>Appends records and makes them durable in groups: one write and one sync for all that came
/// meanwhile.</summary>
/// <remarks>
/// One per log directory; thread safe. A record is copied and checksummed by its appender, into a place reserved in
/// order; one thread writes and syncs. After a failed write or sync nothing more goes to that segment: what waited is
/// refused, and so is every append until a new segment is synced, which is tried at once and then every 250 ms.
/// </remarks>
public sealed class LogWriter : IAsyncDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Segments that fill in less come at 64 MB/s and more: 30 % of the collector's time went into zeroing
    /// them first (bench/README.md).</summary>
    private static readonly TimeSpan Hurry = TimeSpan.FromSeconds(2);

    private readonly LogOptions _options;
    private readonly IDisk _disk;
    private readonly TimeProvider _time;
    private readonly LogMetrics _metrics;
    private readonly Intake _intake;
    private readonly Spares _spares;
    private readonly SyncedEnd _synced;
    private readonly Action<IThreadPoolWorkItem> _goOn;
    private readonly bool _isBlankFound;
    private readonly SegmentPlan _first;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;
    private int _isTicking;
    private long _end;
    private long? _namedCapacity; // of a segment behind _end whose name may stand although opening it failed
    private IDiskFile? _file;
    private long? _opened;
    private LogTip _syncedTip;

    private LogWriter(LogOptions options, IDisk disk, TimeProvider time, LogStart start)
    {
        _options = options;
        _disk = disk;
        _time = time;
        // Never on the writer's thread: the next group would wait for them.
        _goOn = start.GoOn ?? (static appenders => ThreadPool.UnsafeQueueUserWorkItem(appenders, preferLocal: false));
        _metrics = new LogMetrics(start.Meter, () => SyncedEnd);
        disk.CreateDirectory(options.Directory);
        _synced = new SyncedEnd(SyncedFile.OpenForWriting(disk, options.Directory));
        RecoveredLog found = Recovery.Run(options, disk, _synced.ReadFile());
        _spares = new Spares(options, disk, new Random(start.Salts.Next()), _metrics);
        _intake = new Intake(options, time, start.Salts, _spares.Room);
        _isBlankFound = found.IsBlank;
        _end = found.Base;
        _syncedTip = found.Before with { Stamp = start.Stamp };
        _first = _intake.Plan(found.Base, _syncedTip);
        PublishRecovered(found);
    }

    /// <summary>True on a thread that tells appenders of their results one after the other: whoever goes on there to
    /// more than an answer keeps the others waiting, and goes elsewhere first.</summary>
    public static bool IsTellingAppenders => Waiters.IsTelling;

    /// <summary>Exclusive end of the durable records, in offsets.</summary>
    public long SyncedEnd => _synced.Value.Offset;

    /// <summary>The same, with the events before it.</summary>
    public LogPosition Synced => _synced.Value;

    /// <summary>Why an append would be refused now, apart from a momentary crowd; <see cref="AppendRefusal.None"/>: it
    /// would not.</summary>
    public AppendRefusal Condition => _intake.Condition;

    /// <summary>The node id.</summary>
    public ulong Node => _options.Node;

    /// <summary>Recovers the log and opens a new segment.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="NewerFormatException">The log was written by a newer Millrace.</exception>
    public static LogWriter Open(LogOptions options, IDisk disk, TimeProvider time, LogStart start)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentOutOfRangeException.ThrowIfNotEqual(start.Stamp.Length, 32, nameof(start));
        options.Validate();
        var writer = new LogWriter(options, disk, time, start);
        try
        {
            writer.Start();
        }
        catch
        {
            writer._file?.Dispose();
            writer._synced.Dispose();
            throw;
        }
        return writer;
    }

    /// <summary>Appends a record; completes when it is durable, or at once when it is refused.</summary>
    /// <exception cref="ArgumentException">The record exceeds 1 GiB, events are negative or the stamp is not 32
    /// bytes.</exception>
    /// <exception cref="ObjectDisposedException">The log was closed.</exception>
    public ValueTask<AppendResult> AppendAsync(in LogEntry entry)
    {
        int length = LengthOf(entry);
        AppendRefusal refusal = _intake.TryReserve(RecordHeader.PaddedBytes(length), entry, out Place place);
        if (refusal != AppendRefusal.None)
        {
            _metrics.Refused(refusal, 1);
            return new ValueTask<AppendResult>(new AppendResult(0, refusal));
        }
        bool isWhole = false;
        try
        {
            Fill(place, entry, length);
            isWhole = true;
        }
        finally
        {
            place.Group.Filled(isWhole);
        }
        return place.Waiter.Told;
    }

    /// <summary>Completes when the synced end exceeds an offset.</summary>
    public Task WaitForSyncedAsync(long beyond, CancellationToken cancellationToken) =>
        _synced.WaitAsync(beyond, cancellationToken);

    /// <summary>Lets segments go that end at or before a position which every reader has committed.</summary>
    public void Release(long position) => _spares.Release(Math.Min(position, SyncedEnd));

    /// <summary>Makes what was appended durable and closes the log; later appends throw.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }
        _intake.End();
        await _ended.Task;
        _spares.Dispose();
        _file?.Dispose();
        _synced.Dispose();
    }

    private static int LengthOf(in LogEntry entry)
    {
        long payload = entry.Head.Length + entry.Body.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            payload, RecordHeader.LengthMax - RecordHeader.Bytes, nameof(entry));
        ArgumentOutOfRangeException.ThrowIfNegative(entry.Events, nameof(entry));
        if (entry.Stamp.Length is not (0 or 32))
        {
            throw new ArgumentException("A stamp has 32 bytes.", nameof(entry));
        }
        return RecordHeader.Bytes + (int)payload;
    }

    private static void Fill(in Place place, in LogEntry entry, int length)
    {
        Span<byte> record = place.Bytes.Span;
        Span<byte> payload = record[RecordHeader.Bytes..];
        entry.Head.Span.CopyTo(payload);
        entry.Body.CopyTo(payload[entry.Head.Length..]);
        record[length..].Clear();
        place.Header.Seal(record[..length], place.Group.Segment.Salt);
    }

    /// <summary>What was recovered may be read although there may be no room for a new segment: the lake must drain it
    /// to win some.</summary>
    private void PublishRecovered(RecoveredLog found)
    {
        LogPosition file = _synced.ReadFile();
        _synced.Publish(new LogPosition(
            Math.Max(file.Offset, found.Before.End), Math.Max(file.Events, found.Before.Events)));
    }

    private void Start()
    {
        CheckRoom();
        try
        {
            if (_isBlankFound)
            {
                OpenBlank(_first);
            }
            else
            {
                OpenSegment(_first);
            }
            _intake.Begin(_first);
        }
        catch (NoRoomException)
        {
            // The writer's thread opens it as soon as there is room.
        }
        _spares.Start();
        new Thread(Run) { IsBackground = true, Name = "millrace log" }.Start();
        _timer = _time.CreateTimer(_ => Tick(), null, TickEvery, TickEvery);
    }

    private void Run()
    {
        if (_file is null)
        {
            Reopen();
        }
        while (_intake.Take() is { } group)
        {
            AppendRefusal refusal = TryCommit(group);
            if (refusal != AppendRefusal.None)
            {
                GiveUp(group, refusal);
                Reopen();
            }
        }
        _ended.SetResult();
    }

    private AppendRefusal TryCommit(Group group)
    {
        group.Close();
        try
        {
            if (group.IsBroken)
            {
                return AppendRefusal.DiskFailing;
            }
            if (group.OpensSegment)
            {
                SealSegment();
                OpenSegment(group.Segment);
            }
            if (group.Records > 0)
            {
                group.WriteTo(_file!);
                _spares.Room.Remain(_end - group.Tip.End);
                Sync();
            }
        }
        catch (NoRoomException)
        {
            return AppendRefusal.DiskFull;
        }
        catch (IOException)
        {
            _metrics.DiskFailed();
            return AppendRefusal.DiskFailing;
        }
        _syncedTip = group.Tip;
        _synced.Publish(new LogPosition(group.Tip.End, group.Tip.Events));
        _metrics.Appended(group);
        _intake.Release(group);
        group.Complete(AppendRefusal.None, _goOn);
        return AppendRefusal.None;
    }

    /// <summary>The next header vouches for all records before it, so they must be durable first.</summary>
    private void SealSegment()
    {
        if (_options.Durability == LogDurability.Os)
        {
            _file?.SyncData();
        }
    }

    private void Sync()
    {
        if (_options.Durability == LogDurability.Os)
        {
            return;
        }
        long begun = _time.GetTimestamp();
        _file!.SyncData();
        _metrics.Synced(_time.GetElapsedTime(begun));
    }

    /// <summary>Refuses a group that failed and all behind it, which would have continued its running
    /// numbers.</summary>
    private void GiveUp(Group failed, AppendRefusal refusal)
    {
        List<Group> behind = _intake.Fail();
        behind.ForEach(group => group.Close());
        foreach (Group group in behind.Prepend(failed))
        {
            _metrics.Refused(refusal, group.Records);
            _intake.Release(group);
            group.Complete(refusal, _goOn);
        }
    }

    /// <summary>Goes on in a new segment behind the last one opened, as soon as the disk allows.</summary>
    private void Reopen()
    {
        do
        {
            SegmentPlan next = _intake.Plan(_end, _syncedTip);
            // Under the same name it replaces what a failed rename or directory sync may have left. With another size
            // there would be two segments with the same offsets, and a start might believe the wrong one.
            next = next with { Capacity = _namedCapacity ?? next.Capacity };
            try
            {
                SealSegment();
                OpenSegment(next);
                _intake.Begin(next);
                return;
            }
            catch (NoRoomException)
            {
                continue; // what needs room waits without trying the disk
            }
            catch (IOException)
            {
                _metrics.DiskFailed();
            }
        }
        while (_intake.WaitForTick());
    }

    /// <summary>Makes a segment durable, with its name, before any record in it can be acknowledged.</summary>
    private void OpenSegment(SegmentPlan plan)
    {
        bool isHurried = _opened is { } before && _time.GetElapsedTime(before) < Hurry;
        _opened = _time.GetTimestamp();
        string spare = TakeSpare(SegmentHeader.AreaBytes + plan.Capacity, isHurried);
        IDiskFile? file = null;
        try
        {
            file = _disk.Open(spare, FileAccess.ReadWrite);
            WriteHeader(file, plan);
            _namedCapacity = plan.Capacity;
            _disk.Rename(spare, PathOf(plan));
            _disk.SyncDirectory(_options.Directory);
        }
        catch
        {
            file?.Dispose();
            _spares.GiveBack(spare);
            throw;
        }
        Enter(file, plan);
    }

    private string TakeSpare(long fileBytes, bool isHurried)
    {
        try
        {
            string spare = _spares.Take(fileBytes, isHurried);
            _spares.Room.LacksSegment = false;
            return spare;
        }
        catch (NoRoomException)
        {
            _spares.Room.LacksSegment = true;
            throw;
        }
    }

    /// <summary>Opens the last segment again, in which nothing was ever written, under a header with a new
    /// salt.</summary>
    /// <remarks>Where it lies: had it been moved away first and the power gone, the log would end in another segment,
    /// or nowhere. A copy of the header lies within a sector, so each is the old one or the new.</remarks>
    private void OpenBlank(SegmentPlan plan)
    {
        IDiskFile file = _disk.Open(PathOf(plan), FileAccess.ReadWrite);
        try
        {
            WriteHeader(file, plan);
            _disk.SyncDirectory(_options.Directory);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        _spares.Room.Promise(plan.Capacity); // it may have been made without blocks
        Enter(file, plan);
    }

    private string PathOf(SegmentPlan plan) => new SegmentName(plan.Base, plan.End).PathIn(_options.Directory);

    private void Enter(IDiskFile file, SegmentPlan plan)
    {
        _file?.Dispose();
        (_file, _end, _namedCapacity) = (file, plan.End, null);
        _spares.Room.Remain(plan.Capacity);
        _spares.Opened();
        _syncedTip = plan.Before with { End = plan.Base };
        _synced.Publish(new LogPosition(plan.Base, plan.Before.Events));
        _metrics.SegmentOpened();
    }

    private void WriteHeader(IDiskFile file, SegmentPlan plan)
    {
        byte[] area = ArrayPool<byte>.Shared.Rent(SegmentHeader.AreaBytes);
        new SegmentHeader
        {
            Salt = plan.Salt,
            Base = plan.Base,
            Capacity = plan.Capacity,
            PreviousEnd = plan.Before.End,
            FirstEvent = plan.Before.Events,
            Node = _options.Node,
            Created = Microseconds.Of(_time.GetUtcNow()),
            ReceivedMin = plan.Before.Received,
            Stamp = plan.Before.Stamp,
            LogStart = plan.Before.LogStart,
            Stamps = plan.Before.Stamps,
        }.Write(area);
        file.Write(area.AsSpan(0, SegmentHeader.AreaBytes), 0);
        file.SyncData();
        ArrayPool<byte>.Shared.Return(area);
    }

    private void Tick()
    {
        if (Interlocked.Exchange(ref _isTicking, 1) != 0)
        {
            return; // a hung disk must not pile up threads
        }
        CheckRoom();
        _synced.Tick();
        _intake.Tick();
        _spares.Tick();
        Volatile.Write(ref _isTicking, 0);
    }

    private void CheckRoom()
    {
        try
        {
            _spares.Room.Look();
        }
        catch (IOException)
        {
            _metrics.DiskFailed(); // what was known of the room stays
        }
    }
}
