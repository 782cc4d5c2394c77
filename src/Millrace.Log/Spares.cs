using System.Buffers;
using System.Globalization;

namespace Millrace.Log;

/// <summary>Zeroed segment files: made ahead, and won back from segments that are no longer needed.</summary>
/// <remarks>
/// <c>&lt;name&gt;.old</c> is being zeroed or cut, <c>&lt;name&gt;.spare</c> is zeroed and synced. On a thread of
/// its own, because zeroing takes long and unlinking a large file stalls the disk (191-220 ms for 1 GiB on ext4 with
/// discard): files are cut in steps before they are removed. Failures are counted and the work is tried again at the
/// next tick.
/// </remarks>
internal sealed class Spares : IDisposable
{
    private const string OldExtension = ".old";
    private const string SpareExtension = ".spare";
    private const int StepBytes = 1 << 20;
    private const int CutBytes = 8 << 20;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(4);

    private readonly object _gate = new();
    private readonly LogOptions _options;
    private readonly IDisk _disk;
    private readonly Random _names;
    private readonly LogMetrics _metrics;
    private readonly Stack<string> _ready = new();
    private readonly Queue<OldFile> _old = new();
    private readonly Thread _thread;
    private long _releasedTo;
    private bool _isHurried;
    private bool _hasWork = true;
    private bool _mayTryAgain;
    private bool _isEnding;
    private bool _namesAreUnsynced;

    /// <param name="names">For this object alone.</param>
    public Spares(LogOptions options, IDisk disk, Random names, LogMetrics metrics)
    {
        _options = options;
        _disk = disk;
        _names = names;
        _metrics = metrics;
        Room = new LogRoom(options, disk);
        _thread = new Thread(Run) { IsBackground = true, Name = "millrace log spares" };
        foreach (string path in disk.List(options.Directory).Select(name => Path.Combine(options.Directory, name)))
        {
            switch (Path.GetExtension(path))
            {
                case OldExtension:
                    _old.Enqueue(new OldFile(path, IsSound: false));
                    break;
                case SpareExtension:
                    Adopt(path);
                    break;
            }
        }
    }

    /// <summary>What the file system has for new files.</summary>
    public LogRoom Room { get; }

    private bool IsEnding => Volatile.Read(ref _isEnding);

    public void Start() => _thread.Start();

    /// <summary>A file that reads as zeros, whose header area may hold anything. If none is ready, one without blocks
    /// of its own: its syncs take longer, but zeroing 128 MiB here held up every answer for half a second.</summary>
    /// <param name="isHurried">Segments fill so fast that zeroing the next one ahead would only be a second write of
    /// everything: groups are then megabytes long, and blocks that are there already gain them nothing.</param>
    /// <exception cref="NoRoomException">It would take of the room that the log leaves alone.</exception>
    public string Take(long fileBytes, bool isHurried)
    {
        Room.Promise(0); // nothing more goes to the file before
        lock (_gate)
        {
            _isHurried = isHurried;
            if (fileBytes == _options.SegmentBytes && _ready.TryPop(out string? ready))
            {
                return ready;
            }
        }
        string sparse = CreateSparse(fileBytes);
        Room.Promise(fileBytes);
        return sparse;
    }

    /// <summary>Gives back a file that could not be made or opened; it need not exist. It is removed, never used again:
    /// after a failed write or sync nothing is known of what a file system believes of its blocks.</summary>
    public void GiveBack(string path) => Enqueue(new OldFile(path, IsSound: false));

    /// <summary>A segment has been opened: another spare may be wanted, and the one before may go now if all of it was
    /// released.</summary>
    public void Opened() => Release(0);

    /// <summary>What lies before this is not needed any more.</summary>
    public void Release(long position)
    {
        lock (_gate)
        {
            _releasedTo = Math.Max(_releasedTo, position);
            (_hasWork, _mayTryAgain) = (true, true);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Lets failed work be tried again.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            _mayTryAgain = true;
            Monitor.Pulse(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }
        if (_thread.IsAlive)
        {
            _thread.Join();
        }
    }

    private void Adopt(string path)
    {
        using IDiskFile file = _disk.Open(path, FileAccess.Read);
        if (file.Length == _options.SegmentBytes && _ready.Count < _options.SparesMax)
        {
            _ready.Push(path);
        }
        else
        {
            _old.Enqueue(new OldFile(path, IsSound: false));
        }
    }

    private void Run()
    {
        while (NextRelease() is { } position)
        {
            try
            {
                Retire(position);
                GiveReadyBack();
                Recycle();
                PrepareAhead();
            }
            catch (IOException)
            {
                _metrics.DiskFailed();
                WaitForTick();
            }
        }
    }

    private long? NextRelease()
    {
        lock (_gate)
        {
            while (!_hasWork && !_isEnding)
            {
                Monitor.Wait(_gate);
            }
            (_hasWork, _mayTryAgain) = (false, false);
            return _isEnding ? null : _releasedTo;
        }
    }

    /// <summary>What called while the work failed counts too.</summary>
    private void WaitForTick()
    {
        lock (_gate)
        {
            while (!_mayTryAgain && !_isEnding)
            {
                Monitor.Wait(_gate);
            }
            _hasWork = true;
        }
    }

    private void Retire(long position)
    {
        SyncNames();
        List<SegmentName> names = LogSegments.Names(_disk, _options.Directory);
        for (int i = 0; i + 1 < names.Count && !IsEnding; i++)
        {
            bool isRead = names[i].End <= position
                || LogSegments.Open(_disk, _options.Directory, names[i + 1]).Header?.PreviousEnd <= position;
            if (!isRead)
            {
                return;
            }
            string path = Path.Combine(_options.Directory, names[i].Stem + OldExtension);
            _disk.Rename(names[i].PathIn(_options.Directory), path);
            _namesAreUnsynced = true;
            Enqueue(new OldFile(path, IsSound: true));
            _metrics.SegmentReleased();
            SyncNames();
        }
    }

    /// <summary>Before a retired segment is zeroed its name must be gone for good; a sync that failed is tried again
    /// first.</summary>
    private void SyncNames()
    {
        if (_namesAreUnsynced)
        {
            _disk.SyncDirectory(_options.Directory);
            _namesAreUnsynced = false;
        }
    }

    /// <summary>While there is no room the log takes nothing, and ready files are of no use to it: they go to those who
    /// can win space.</summary>
    private void GiveReadyBack()
    {
        lock (_gate)
        {
            while (Room.IsFull && _ready.TryPop(out string? path))
            {
                _old.Enqueue(new OldFile(path, IsSound: false));
            }
        }
    }

    private void Recycle()
    {
        while (!IsEnding && NextOld() is { Path: var path } old)
        {
            try
            {
                using IDiskFile file = _disk.Open(path, FileAccess.ReadWrite);
                // A segment that was made without blocks and sealed early takes its room only when it is zeroed.
                if (old.IsSound && file.Length == _options.SegmentBytes && ReadyCount < _options.SparesMax
                    && Room.Takes(file.Length))
                {
                    Zero(file, file.Length);
                    Finish(path);
                }
                else
                {
                    Remove(file, path);
                }
            }
            catch (FileNotFoundException)
            {
                continue; // given back although it never came to be, or is a segment by now
            }
            catch (IOException)
            {
                GiveBack(path);
                throw;
            }
        }
    }

    private void Enqueue(OldFile old)
    {
        lock (_gate)
        {
            _old.Enqueue(old);
        }
    }

    private OldFile? NextOld()
    {
        lock (_gate)
        {
            return _old.TryDequeue(out OldFile? old) ? old : null;
        }
    }

    private int ReadyCount
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count;
            }
        }
    }

    private void PrepareAhead()
    {
        if (ReadyCount == 0 && !Volatile.Read(ref _isHurried) && !IsEnding && Room.Takes(_options.SegmentBytes))
        {
            string path = CreateZeroed(_options.SegmentBytes);
            lock (_gate)
            {
                _ready.Push(path);
            }
        }
    }

    private string CreateSparse(long bytes) => Create(bytes, path =>
    {
        using IDiskFile file = _disk.Create(path);
        file.SetLength(bytes);
        return path;
    });

    private string CreateZeroed(long bytes) => Create(bytes, path =>
    {
        using IDiskFile file = _disk.Create(path);
        Zero(file, bytes);
        return Rename(path);
    });

    private string Create(long bytes, Func<string, string> create)
    {
        if (!Room.Takes(bytes))
        {
            throw new NoRoomException(_options.Directory);
        }
        string path = NewPath();
        try
        {
            return create(path);
        }
        catch (IOException)
        {
            GiveBack(path);
            throw;
        }
    }

    private void Finish(string path)
    {
        if (!IsEnding)
        {
            string ready = Rename(path);
            lock (_gate)
            {
                _ready.Push(ready);
            }
        }
    }

    private string Rename(string path)
    {
        string spare = Path.ChangeExtension(path, SpareExtension);
        if (spare != path && !IsEnding)
        {
            _disk.Rename(path, spare);
        }
        return spare;
    }

    /// <summary>Writes zeros in steps, each synced and followed by a pause: the log's own syncs wait for one step, and
    /// for most of the time for none.</summary>
    private void Zero(IDiskFile file, long bytes)
    {
        byte[] zeros = ArrayPool<byte>.Shared.Rent(StepBytes);
        try
        {
            zeros.AsSpan().Clear();
            for (long at = 0; at < bytes && !IsEnding; at += StepBytes)
            {
                file.Write(zeros.AsSpan(0, (int)Math.Min(StepBytes, bytes - at)), at);
                file.SyncData();
                if (at + StepBytes < bytes)
                {
                    Thread.Sleep(s_pause);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(zeros);
        }
    }

    private void Remove(IDiskFile file, string path)
    {
        for (long length = file.Length; length > 0 && !IsEnding; length -= CutBytes)
        {
            file.SetLength(Math.Max(0, length - CutBytes));
        }
        if (!IsEnding)
        {
            _disk.Delete(path);
        }
    }

    private string NewPath()
    {
        lock (_gate)
        {
            string name = _names.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
            return Path.Combine(_options.Directory, name + OldExtension);
        }
    }

    /// <param name="IsSound">It was a segment, so all its blocks were on the disk once.</param>
    private sealed record OldFile(string Path, bool IsSound);
}
