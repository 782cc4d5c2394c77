using System.Collections.Concurrent;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Simulation.Machine;

/// <summary>The simulated disk as one life of the process sees it.</summary>
/// <remarks>Operations of the log's threads wait for their turn. Id runs get a real copy under their name, for those who
/// map them.</remarks>
internal sealed class ProcessDisk(MemoryDisk media, Places places, Life life) : IDisk
{
    private readonly ConcurrentDictionary<string, OpenFile> _open = new();

    public IDiskFile Create(string path) => Do("create", path, () => Wrap(media.Create(path), path));

    public IDiskFile Open(string path, FileAccess access) =>
        Do("open", path, () => Wrap(media.Open(path, access), path));

    public void Rename(string from, string to) => Do("rename", to, () =>
    {
        media.Rename(from, to);
        if (_open.TryRemove(from, out var file))
        {
            _open[to] = file;
            file.Path = to;
        }
        if (IsIn(to, places.Ids))
        {
            Export(media, to, to);
        }
        return 0;
    });

    public void Delete(string path) => Do("delete", path, () =>
    {
        media.Delete(path);
        if (IsIn(path, places.Ids))
        {
            File.Delete(path);
        }
        return 0;
    });

    public void CreateDirectory(string path) => life.ThrowIfDead("create directory", path);

    public void SyncDirectory(string path) => Do("sync directory", path, () =>
    {
        media.SyncDirectory(path);
        return 0;
    });

    public IReadOnlyList<string> List(string directory) => Do("list", directory, () => media.List(directory));

    public DiskSpace Space(string path)
    {
        var turns = life.Threads.Turns;
        if (path == places.Log && turns.Current == turns.Log)
        {
            return Do(LogThreads.AsksForRoom, path, () => media.Space(path));
        }
        if (path == places.Log && turns.Current is null)
        {
            life.Threads.Ticked();
        }
        return media.Space(path);
    }

    /// <summary>A real copy of a file of the disk.</summary>
    public static void Export(MemoryDisk media, string path, string to)
    {
        // Not over an old one: somebody may have mapped it.
        File.Delete(to);
        File.WriteAllBytes(to, media.Contents(path)!);
    }

    private T Do<T>(string operation, string path, Func<T> run)
    {
        var threads = life.Threads;
        var walker = threads.Turns.Current;
        // The log tells how far it is synced under a lock that its timer needs too: it must not wait for a turn there.
        var hasTurn = !path.EndsWith("/synced", StringComparison.Ordinal);
        if (walker is not null && hasTurn)
        {
            threads.Begin(walker, operation, path);
        }
        else if (walker is null && hasTurn && life.Interleaving is { } random)
        {
            while (threads.CanGo && random.Next(3) == 0)
            {
                threads.Go(random);
            }
        }
        if (walker is null)
        {
            life.Step(operation, path);
            return run();
        }
        return DoForLog(walker, operation, path, run);
    }

    private T DoForLog<T>(Turns.Walker walker, string operation, string path, Func<T> run)
    {
        Exception? failure = null;
        try
        {
            life.Step(operation, path);
            return run();
        }
        catch (IOException exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            life.Threads.Done(walker, operation, path, failure);
        }
    }

    private OpenFile Wrap(IDiskFile file, string path) => _open[path] = new OpenFile(this, file, path);

    private static bool IsIn(string path, string directory) => path.Length > directory.Length
        && path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/';

    private sealed class OpenFile(ProcessDisk disk, IDiskFile file, string path) : IDiskFile
    {
        /// <summary>Its name now.</summary>
        public string Path { get; set; } = path;

        public long Length => disk.Do("stat", Path, () => file.Length);

        public int Read(Span<byte> buffer, long position)
        {
            var bytes = new byte[buffer.Length];
            var count = disk.Do("read", Path, () => file.Read(bytes, position));
            bytes.AsSpan(0, count).CopyTo(buffer);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            var copy = bytes.ToArray();
            disk.Do("write", Path, () =>
            {
                file.Write(copy, position);
                return 0;
            });
        }

        public void SetLength(long bytes) => disk.Do("set length", Path, () =>
        {
            file.SetLength(bytes);
            return 0;
        });

        public void SyncData() => disk.Do("sync", Path, () =>
        {
            file.SyncData();
            return 0;
        });

        public void Dispose() => file.Dispose();
    }
}
