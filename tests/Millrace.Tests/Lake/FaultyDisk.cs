using Millrace.Log;

namespace Millrace.Tests.Lake;

/// <summary>The real disk, on which a test may break in before each change.</summary>
internal sealed class FaultyDisk : IDisk
{
    private readonly PosixDisk _disk = new();
    private int _changes;
    private int _spaceAsked;
    private volatile bool _isDead;

    /// <summary>Called before each change with its number (from 1) and path; the disk throws what it throws.</summary>
    public Action<int, string>? BeforeChange { get; set; }

    /// <summary>What <see cref="Space"/> says instead of the truth.</summary>
    public DiskSpace? Room { get; set; }

    public int SpaceAsked => Volatile.Read(ref _spaceAsked);

    /// <summary>Called before bytes are read, with the path.</summary>
    public Action<string>? BeforeRead { get; set; }

    /// <summary>Called before a file is opened.</summary>
    public Action<string>? BeforeOpen { get; set; }

    /// <summary>The process dies here: it changes nothing more, not even to clean up.</summary>
    public void Crash()
    {
        _isDead = true;
        throw new CrashException();
    }

    /// <summary>Another process: it counts anew.</summary>
    public void Reset() => (_changes, _isDead) = (0, false);

    public IDiskFile Create(string path)
    {
        Change(path);
        return new File(this, _disk.Create(path), path);
    }

    public IDiskFile Open(string path, FileAccess access)
    {
        BeforeOpen?.Invoke(path);
        return new File(this, _disk.Open(path, access), path);
    }

    public void Rename(string from, string to)
    {
        Change(to);
        _disk.Rename(from, to);
    }

    public void Delete(string path)
    {
        // A full or failing disk still lets files go; a process that is dead removes none.
        ThrowIfDead();
        _disk.Delete(path);
    }

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public void SyncDirectory(string path)
    {
        Change(path);
        _disk.SyncDirectory(path);
    }

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public DiskSpace Space(string path)
    {
        Interlocked.Increment(ref _spaceAsked);
        return Room ?? _disk.Space(path);
    }

    private void Change(string path)
    {
        ThrowIfDead();
        BeforeChange?.Invoke(Interlocked.Increment(ref _changes), path);
    }

    private void ThrowIfDead()
    {
        if (_isDead)
        {
            throw new CrashException();
        }
    }

    private sealed class File(FaultyDisk disk, IDiskFile file, string path) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> buffer, long position)
        {
            disk.BeforeRead?.Invoke(path);
            return file.Read(buffer, position);
        }

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            disk.Change(path);
            file.Write(bytes, position);
        }

        public void SetLength(long bytes) => file.SetLength(bytes);

        public void SyncData()
        {
            disk.Change(path);
            file.SyncData();
        }

        public void Dispose() => file.Dispose();
    }
}

/// <summary>The process is gone: nothing handles this, nothing is retried.</summary>
internal sealed class CrashException : Exception;
