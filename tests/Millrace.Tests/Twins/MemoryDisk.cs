using Millrace.Log;

namespace Millrace.Tests.Twins;

/// <summary>A disk in memory that forgets what was not synced, and fails when told to.</summary>
/// <remarks>
/// Harsher than ext4: after <see cref="Crash"/> each unsynced write is kept, dropped or torn at 512 bytes, and each
/// unsynced change of a name is kept or dropped, at times in order as by a journal, else independently. A failed sync
/// drops the dirty data from the disk and leaves it in the cache, as Linux does: readers see it until the crash, and a
/// second sync succeeds without it. A directory's sync makes the names in that directory durable, and no others.
/// </remarks>
public sealed class MemoryDisk : IDisk
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MemoryFile> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MemoryFile> _syncedNames = new(StringComparer.Ordinal);
    private readonly List<NameChange> _unsyncedNames = [];
    private DiskFault? _fault;
    private DiskRecording? _recording;

    /// <summary>Operations so far; the first is number 1.</summary>
    public int Operations { get; private set; }

    /// <summary>Operations that failed because they were told to.</summary>
    public int Failures { get; private set; }

    /// <summary>What <see cref="Space"/> answers.</summary>
    public DiskSpace Room { get; set; } = new(1L << 40, 1L << 40);

    /// <summary>The n-th operation from now on fails.</summary>
    public void FailAt(int operation, DiskFaultKind kind, bool fromThenOn = false)
    {
        lock (_gate)
        {
            _fault = new DiskFault(Operations + operation, kind, fromThenOn);
        }
    }

    /// <summary>The process is killed: what it still does has no effect, and the cache stays as it is.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            _fault = new DiskFault(0, DiskFaultKind.Killed, FromThenOn: true);
        }
    }

    /// <summary>Operations succeed again.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _fault = null;
        }
    }

    /// <summary>Operations of other threads wait until this is disposed.</summary>
    public IDisposable Hold()
    {
        _gate.Enter();
        return new Held(_gate);
    }

    /// <summary>The power goes and comes back. Files still open must not be used any more.</summary>
    public void Crash(Random random)
    {
        lock (_gate)
        {
            _fault = null;
            int keptOfTen = random.Next(3) switch { 0 => 0, 1 => 10, _ => random.Next(1, 10) };
            int inOrder = random.Next(2) == 0 ? random.Next(_unsyncedNames.Count + 1) : -1;
            foreach (NameChange change in _unsyncedNames.Where((_, index) =>
                inOrder < 0 ? random.Next(10) < keptOfTen : index < inOrder))
            {
                change.ApplyTo(_syncedNames);
            }
            _unsyncedNames.Clear();
            _names.Clear();
            foreach ((string path, MemoryFile file) in _syncedNames)
            {
                file.Crash(random, keptOfTen);
                _names[path] = file;
            }
        }
    }

    /// <summary>Records every change from now on, beginning with a copy of what is there.</summary>
    public DiskRecording Record()
    {
        lock (_gate)
        {
            return _recording = new DiskRecording(this);
        }
    }

    /// <summary>Has something done when a replay comes to the present moment.</summary>
    public void Note(Action action)
    {
        lock (_gate)
        {
            _recording?.Add("note", _ => action());
        }
    }

    /// <summary>The same disk once more, with what is not synced.</summary>
    internal MemoryDisk Copy(Func<MemoryFile, MemoryFile> copyOf)
    {
        var copy = new MemoryDisk { Room = Room };
        lock (_gate)
        {
            foreach ((string path, MemoryFile file) in _names)
            {
                copy._names[path] = copyOf(file);
            }
            foreach ((string path, MemoryFile file) in _syncedNames)
            {
                copy._syncedNames[path] = copyOf(file);
            }
            copy._unsyncedNames.AddRange(_unsyncedNames.Select(change => change.With(copyOf)));
        }
        return copy;
    }

    /// <summary>The bytes of a file, to look at and to damage; null if there is no such file.</summary>
    public byte[]? Contents(string path)
    {
        lock (_gate)
        {
            return _names.TryGetValue(path, out MemoryFile? file) ? file.Copy() : null;
        }
    }

    /// <summary>Paths and lengths of all files below a directory.</summary>
    public IReadOnlyList<(string Path, long Length)> Below(string directory)
    {
        lock (_gate)
        {
            return [.. _names.Where(name => name.Key.StartsWith(directory + "/", StringComparison.Ordinal))
                .Select(name => (name.Key, name.Value.Length))];
        }
    }

    /// <summary>Puts a durable file there.</summary>
    public void Place(string path, byte[] bytes)
    {
        lock (_gate)
        {
            var file = new MemoryFile(bytes);
            _names[path] = file;
            _syncedNames[path] = file;
        }
    }

    public IDiskFile Create(string path) => Do("create", path, () =>
    {
        if (_names.ContainsKey(path))
        {
            throw new IOException($"{path} exists.");
        }
        var file = new MemoryFile([]);
        Change(new NameChange(null, path, file));
        return new OpenFile(this, file, path);
    });

    public IDiskFile Open(string path, FileAccess access) => Do("open", path, () =>
        _names.TryGetValue(path, out MemoryFile? file)
            ? new OpenFile(this, file, path)
            : throw new FileNotFoundException($"There is no {path}.", path));

    public void Rename(string from, string to) => Do("rename", from, () =>
    {
        MemoryFile file = _names.TryGetValue(from, out MemoryFile? found)
            ? found
            : throw new FileNotFoundException($"There is no {from}.", from);
        Change(new NameChange(from, to, file));
        return 0;
    });

    public void Delete(string path) => Do("delete", path, () =>
    {
        Change(new NameChange(path, null, null));
        return 0;
    });

    public void CreateDirectory(string path) => Do("create directory", path, () => 0);

    public void SyncDirectory(string path) => Do("sync directory", path, () =>
    {
        SyncNames(path);
        _recording?.Add("sync directory", to => to.Now.SyncNames(path));
        return 0;
    });

    public IReadOnlyList<string> List(string directory) => Do("list", directory, () =>
        _names.Keys.Where(path => Path.GetDirectoryName(path) == directory)
            .Select(path => Path.GetFileName(path)).ToArray());

    public DiskSpace Space(string path) => Room;

    /// <summary>Counts an operation, and fails it if it is its turn.</summary>
    private T Do<T>(string operation, string path, Func<T> action, Action? onFailure = null)
    {
        lock (_gate)
        {
            Operations++;
            if (_fault is { } fault && (Operations == fault.At || (fault.FromThenOn && Operations > fault.At)))
            {
                Failures++;
                if (fault.Kind != DiskFaultKind.Killed)
                {
                    onFailure?.Invoke();
                }
                throw new DiskException(operation, path,
                    fault.Kind == DiskFaultKind.NoSpace ? DiskException.NoSpace : DiskException.InputOutput);
            }
            return action();
        }
    }

    private void Change(NameChange change)
    {
        change.ApplyTo(_names);
        _unsyncedNames.Add(change);
        _recording?.Add($"name {change.From} {change.To}", to => to.Now.Change(change.With(to.CopyOf)));
    }

    private void SyncNames(string directory)
    {
        var left = new List<NameChange>();
        foreach (NameChange change in _unsyncedNames)
        {
            if (!change.IsIn(directory))
            {
                left.Add(change);
                continue;
            }
            change.ApplyTo(_syncedNames);
            // A name that the file had before, in another directory, must not come back.
            left.RemoveAll(earlier => earlier.File is not null && earlier.File == change.File);
        }
        _unsyncedNames.Clear();
        _unsyncedNames.AddRange(left);
    }

    private int Change(string what, MemoryFile file, Action<MemoryFile> change)
    {
        change(file);
        _recording?.Add(what, to => change(to.CopyOf(file)));
        return 0;
    }

    private sealed class Held(Lock gate) : IDisposable
    {
        public void Dispose() => gate.Exit();
    }

    private sealed record DiskFault(int At, DiskFaultKind Kind, bool FromThenOn);

    private sealed record NameChange(string? From, string? To, MemoryFile? File)
    {
        public NameChange With(Func<MemoryFile, MemoryFile> copyOf) =>
            this with { File = File is null ? null : copyOf(File) };

        /// <summary>A rename is made durable by the directory it leads to.</summary>
        public bool IsIn(string directory) => Path.GetDirectoryName(To ?? From) == directory;

        public void ApplyTo(IDictionary<string, MemoryFile> names)
        {
            // Where an earlier change was dropped, another file may still stand under the name.
            if (From is not null && (File is null || names.TryGetValue(From, out MemoryFile? found) && found == File))
            {
                names.Remove(From);
            }
            if (To is not null)
            {
                // A file has one name at most, also where the change before this one was dropped.
                foreach (string other in names.Where(name => name.Value == File).Select(name => name.Key).ToArray())
                {
                    names.Remove(other);
                }
                names[To] = File!;
            }
        }
    }

    private sealed class OpenFile(MemoryDisk disk, MemoryFile file, string path) : IDiskFile
    {
        public long Length => disk.Do("stat", path, () => file.Length);

        public int Read(Span<byte> buffer, long position)
        {
            int bytesMax = buffer.Length;
            byte[] bytes = disk.Do("read", path, () => file.Read(bytesMax, position));
            bytes.CopyTo(buffer);
            return bytes.Length;
        }

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            byte[] copy = bytes.ToArray();
            byte[] half = copy[..(copy.Length / 2)];
            disk.Do("write", path,
                () => disk.Change($"write {path} {position} {copy.Length}", file, to => to.Write(copy, position)),
                () => disk.Change($"write half {path} {position}", file, to => to.Write(half, position)));
        }

        public void SetLength(long bytes) =>
            disk.Do("set length", path, () => disk.Change($"cut {path} {bytes}", file, to => to.SetLength(bytes)));

        public void SyncData() => disk.Do("sync", path,
            () => disk.Change($"sync {path}", file, to => to.Sync()),
            () => disk.Change($"sync fails {path}", file, to => to.LoseDirty()));

        public void Dispose()
        {
        }
    }
}

/// <summary>How an operation of <see cref="MemoryDisk"/> fails.</summary>
public enum DiskFaultKind
{
    InputOutput,
    NoSpace,

    /// <summary>The process is no more; see <see cref="MemoryDisk.Kill"/>.</summary>
    Killed,
}
