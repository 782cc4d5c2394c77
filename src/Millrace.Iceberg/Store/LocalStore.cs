using System.Runtime.CompilerServices;
using Millrace.Log;

namespace Millrace.Iceberg;

/// <summary>Files under one directory of this machine, under <c>file:///</c> locations.</summary>
/// <remarks>
/// A file appears under its name only when its bytes are on the disk: it is written beside
/// it (<c>.part</c>), synced and renamed, and the directory is synced. What a crash leaves
/// behind ends in <c>.part</c> and is never referenced.
/// </remarks>
public sealed class LocalStore : IObjectStore
{
    private const string Scheme = "file://";
    private const string PartSuffix = ".part";
    private readonly IDisk _disk;
    private readonly string _root;
    private readonly TaskFactory _tasks;

    /// <param name="disk">Makes bytes durable.</param>
    /// <param name="root">Absolute directory; locations outside it are refused.</param>
    /// <param name="blocking">Where calls of the disk run, which block; null: on the thread pool.</param>
    public LocalStore(IDisk disk, string root, TaskScheduler? blocking = null)
    {
        _disk = disk;
        _tasks = new TaskFactory(
            CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None,
            blocking ?? TaskScheduler.Default);
        _root = Path.TrimEndingDirectorySeparator(root) + "/";
        RefuseUnlessPlain(root);
    }

    /// <summary>Location of the root, without a trailing slash.</summary>
    public string RootLocation => LocationOf(Path.TrimEndingDirectorySeparator(_root));

    /// <summary>Location of a path.</summary>
    public static string LocationOf(string absolutePath) => Scheme + absolutePath;

    /// <exception cref="ArgumentException">Not a <c>file:///</c> location inside the root, or one with <c>..</c>,
    /// percent signs or other characters that readers decode differently.</exception>
    public string LocalPath(string location)
    {
        string path = location.StartsWith(Scheme + "/", StringComparison.Ordinal)
            ? location[Scheme.Length..]
            : throw new ArgumentException($"'{location}' is not a file:/// location.");
        RefuseUnlessPlain(path);
        return path.StartsWith(_root, StringComparison.Ordinal)
            ? path
            : throw new ArgumentException($"'{location}' lies outside {_root}.");
    }

    public Task PutAsync(string location, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        string path = LocalPath(location);
        return _tasks.StartNew(() => Place(path, part =>
        {
            using IDiskFile file = _disk.Create(part);
            file.Write(bytes.Span, 0);
            file.SyncData();
        }), ct);
    }

    public Task PutFileAsync(string location, string scratchPath, CancellationToken ct)
    {
        string path = LocalPath(location);
        return _tasks.StartNew(() => Place(path, part =>
        {
            using (IDiskFile file = _disk.Open(scratchPath, FileAccess.ReadWrite))
            {
                file.SyncData();
            }
            _disk.Rename(scratchPath, part);
        }), ct);
    }

    public Task<ReadOnlyMemory<byte>> GetAsync(string location, CancellationToken ct)
    {
        string path = LocalPath(location);
        return _tasks.StartNew<ReadOnlyMemory<byte>>(() => Read(path), ct);
    }

    public Task DeleteAsync(string location, CancellationToken ct)
    {
        string path = LocalPath(location);
        return _tasks.StartNew(() => _disk.Delete(path), ct);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        var directory = new DirectoryInfo(LocalPath(prefix));
        if (!directory.Exists)
        {
            yield break;
        }
        await Task.CompletedTask;
        foreach (FileInfo file in directory.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            ct.ThrowIfCancellationRequested();
            // One look at the disk serves all three: a file may be deleted while the listing goes on.
            if (file.Exists)
            {
                yield return new StoredObject(LocationOf(file.FullName), file.Length, file.LastWriteTimeUtc);
            }
        }
    }

    private byte[] Read(string path)
    {
        try
        {
            using IDiskFile file = _disk.Open(path, FileAccess.Read);
            var bytes = new byte[file.Length];
            int read = file.Read(bytes, 0);
            return read == bytes.Length ? bytes : throw new IOException($"{path} shrank while it was read.");
        }
        catch (DirectoryNotFoundException problem)
        {
            throw new FileNotFoundException(problem.Message, path, problem);
        }
    }

    private void Place(string path, Action<string> write)
    {
        string directory = Path.GetDirectoryName(path)!;
        string part = path + PartSuffix;
        _disk.CreateDirectory(directory);
        if (_disk.List(directory).Contains(Path.GetFileName(path)))
        {
            throw new IOException($"{path} exists already.");
        }
        try
        {
            write(part);
            _disk.Rename(part, path);
        }
        catch (IOException)
        {
            _disk.Delete(part);
            throw;
        }
        _disk.SyncDirectory(directory);
    }

    private static void RefuseUnlessPlain(string path)
    {
        bool isPlain = path.StartsWith('/')
            && path.AsSpan().IndexOfAny("%?#\\*") < 0
            && !path.Any(char.IsControl)
            && !path.Contains("//", StringComparison.Ordinal)
            && !path.Split('/').Any(part => part is "." or "..");
        if (!isPlain)
        {
            throw new ArgumentException($"'{path}' is not a plain absolute path: no '..', '//', or any of %?#\\*.");
        }
    }
}
