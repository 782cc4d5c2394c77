using System.Buffers;
using System.Globalization;

namespace Millrace.Log;

/// <summary>Zeroed segment files: made ahead, and won back from segments that are no longer needed.</summary>
/// <remarks>
/// Its own thread, because zeroing takes long and unlinking a large file stalls the disk (191-220 ms for 1 GiB on ext4
/// with discard): files are cut in steps before they are removed. A used file is renamed before it is zeroed, so a
/// segment is always whole; after a start the content of a spare is therefore not trusted. Failures are counted and
/// tried again at the next tick.
/// </remarks>
internal sealed class Spares : IDisposable
{
    private const int StepBytes = 1 << 20;
    private const int SyncEveryBytes = 8 << 20;

    private readonly object _gate = new();
    private readonly LogOptions _options;
    private readonly IDisk _disk;
    private readonly Random _names;
    private readonly LogMetrics _metrics;
    private readonly Stack<string> _ready = new();
    private readonly Queue<string> _used = new();
    private readonly Thread _thread;
    private long _releasedTo;
    private bool _hasWork = true;
    private bool _isEnding;

    /// <param name="names">Not used by anyone else: it is drawn from on two threads under a lock of this class.</param>
    public Spares(LogOptions options, IDisk disk, Random names, LogMetrics metrics)
    {
        _options = options;
        _disk = disk;
        _names = names;
        _metrics = metrics;
        _thread = new Thread(Run) { IsBackground = true, Name = "millrace log spares" };
        foreach (string name in disk.List(options.Directory))
        {
            if (name.EndsWith(LogSegments.SpareExtension, StringComparison.Ordinal))
            {
                _used.Enqueue(Path.Combine(options.Directory, name));
            }
        }
    }

    /// <summary>Whether files may be made ahead; off while the disk is full.</summary>
    public bool MayGrow { get; set; } = true;

    public void Start() => _thread.Start();

    /// <summary>Takes over a segment in which nothing was written behind the header.</summary>
    public void AdoptBlank(string segmentPath)
    {
        string path = NewPath();
        _disk.Rename(segmentPath, path);
        using (IDiskFile file = _disk.Open(path, FileAccess.ReadWrite))
        {
            if (file.Length != _options.SegmentBytes)
            {
                _used.Enqueue(path);
                return;
            }
            file.Write(new byte[SegmentHeader.AreaBytes], 0);
            file.SyncData();
        }
        _ready.Push(path);
    }

    /// <summary>A zeroed and synced file under a spare's name; made on the spot if none is ready.</summary>
    public string Take(long fileBytes)
    {
        lock (_gate)
        {
            _hasWork = true;
            Monitor.Pulse(_gate);
            if (fileBytes == _options.SegmentBytes && _ready.TryPop(out string? ready))
            {
                return ready;
            }
        }
        return fileBytes == _options.SegmentBytes && NextUsed() is { } used && TryKeep(used) ? used : Create(fileBytes);
    }

    /// <summary>Gives back a file whose opening failed, under whatever name it has by now.</summary>
    public void GiveBack(string path)
    {
        lock (_gate)
        {
            _used.Enqueue(path);
        }
    }

    /// <summary>Segments that end at or before this are not needed any more.</summary>
    public void Release(long position)
    {
        lock (_gate)
        {
            _releasedTo = Math.Max(_releasedTo, position);
            _hasWork = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Lets failed work be tried again.</summary>
    public void Tick()
    {
        lock (_gate)
        {
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

    private bool IsEnding => Volatile.Read(ref _isEnding);

    private void Run()
    {
        while (NextPosition() is { } position)
        {
            try
            {
                Recycle(position);
                PrepareAhead();
            }
            catch (IOException)
            {
                _metrics.DiskFailed();
                WaitForTick();
            }
        }
    }

    private void WaitForTick()
    {
        lock (_gate)
        {
            _hasWork = true;
            if (!_isEnding)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private long? NextPosition()
    {
        lock (_gate)
        {
            while (!_hasWork && !_isEnding)
            {
                Monitor.Wait(_gate);
            }
            _hasWork = false;
            return _isEnding ? null : _releasedTo;
        }
    }

    private void Recycle(long position)
    {
        List<long> bases = LogSegments.Bases(_disk, _options.Directory);
        for (int i = 0; i + 1 < bases.Count && bases[i + 1] <= position && !IsEnding; i++)
        {
            string path = NewPath();
            _disk.Rename(LogSegments.PathOf(_options.Directory, bases[i]), path);
            lock (_gate)
            {
                _used.Enqueue(path);
            }
            _metrics.SegmentReleased();
        }
        while (!IsEnding && NextUsed() is { } used)
        {
            if (ReadyCount < _options.SparesMax && TryKeep(used))
            {
                AddReady(used);
            }
            else
            {
                Remove(used);
            }
        }
    }

    private string? NextUsed()
    {
        lock (_gate)
        {
            return _used.TryDequeue(out string? path) ? path : null;
        }
    }

    /// <summary>Zeroes a used file; false if it cannot serve as a segment of the usual size.</summary>
    private bool TryKeep(string path)
    {
        try
        {
            using IDiskFile file = _disk.Open(path, FileAccess.ReadWrite);
            if (file.Length != _options.SegmentBytes)
            {
                return false;
            }
            Zero(file, file.Length);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false; // given back after its rename
        }
        catch (IOException)
        {
            GiveBack(path);
            throw;
        }
    }

    private void Remove(string path)
    {
        try
        {
            using (IDiskFile file = _disk.Open(path, FileAccess.ReadWrite))
            {
                for (long length = file.Length; length > 0 && !IsEnding; length -= SyncEveryBytes)
                {
                    file.SetLength(Math.Max(0, length - SyncEveryBytes));
                }
            }
            if (!IsEnding)
            {
                _disk.Delete(path);
            }
        }
        catch (FileNotFoundException)
        {
            return;
        }
        catch (IOException)
        {
            GiveBack(path);
            throw;
        }
    }

    private void PrepareAhead()
    {
        if (ReadyCount == 0 && MayGrow && !IsEnding)
        {
            AddReady(Create(_options.SegmentBytes));
        }
    }

    private string Create(long bytes)
    {
        string path = NewPath();
        try
        {
            using IDiskFile file = _disk.Create(path);
            Zero(file, bytes);
            return path;
        }
        catch (IOException)
        {
            GiveBack(path);
            throw;
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

    private void AddReady(string path)
    {
        lock (_gate)
        {
            if (!_isEnding)
            {
                _ready.Push(path);
            }
        }
    }

    /// <summary>Writes zeros in steps with a sync between them, so that the log's own syncs wait for little.</summary>
    private void Zero(IDiskFile file, long bytes)
    {
        byte[] zeros = ArrayPool<byte>.Shared.Rent(StepBytes);
        try
        {
            zeros.AsSpan().Clear();
            for (long at = 0; at < bytes && !IsEnding; at += StepBytes)
            {
                file.Write(zeros.AsSpan(0, (int)Math.Min(StepBytes, bytes - at)), at);
                if ((at + StepBytes) % SyncEveryBytes == 0)
                {
                    file.SyncData();
                }
            }
            file.SyncData();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(zeros);
        }
    }

    private string NewPath()
    {
        lock (_gate)
        {
            string name = _names.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
            return Path.Combine(_options.Directory, name + LogSegments.SpareExtension);
        }
    }
}
