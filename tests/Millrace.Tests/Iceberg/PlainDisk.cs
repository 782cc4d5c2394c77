using Millrace.Log;

namespace Millrace.Tests.Iceberg;

/// <summary>The real file system without any syncing, which records what it was asked to make durable.</summary>
internal sealed class PlainDisk : IDisk
{
    /// <summary>Every sync and rename in order.</summary>
    internal List<string> Calls { get; } = [];

    public IDiskFile Create(string path) =>
        new PlainFile(this, path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite));

    public IDiskFile Open(string path, FileAccess access) =>
        new PlainFile(this, path, File.OpenHandle(path, FileMode.Open, access));

    public void Rename(string from, string to)
    {
        Calls.Add($"rename {Path.GetFileName(from)} {Path.GetFileName(to)}");
        File.Move(from, to, overwrite: true);
    }

    public void Delete(string path) => File.Delete(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void SyncDirectory(string path) => Calls.Add("sync directory");

    public IReadOnlyList<string> List(string directory) => Directory.Exists(directory)
        ? [.. Directory.GetFiles(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];

    public DiskSpace Space(string path) => new(long.MaxValue, long.MaxValue);

    private sealed class PlainFile(PlainDisk disk, string path, Microsoft.Win32.SafeHandles.SafeFileHandle handle)
        : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(Span<byte> buffer, long position) => RandomAccess.Read(handle, buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(handle, bytes, position);

        public void SetLength(long bytes) => RandomAccess.SetLength(handle, bytes);

        public void SyncData() => disk.Calls.Add($"sync {Path.GetFileName(path)}");

        public void Dispose() => handle.Dispose();
    }
}
