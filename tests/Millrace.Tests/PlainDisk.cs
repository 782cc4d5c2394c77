using Millrace.Log;

namespace Millrace.Tests;

/// <summary>Ordinary files, and a record of what was made durable in which order.</summary>
internal sealed class PlainDisk : IDisk
{
    public List<string> Steps { get; } = [];

    public IDiskFile Create(string path) => new PlainFile(this, path, FileMode.CreateNew, FileAccess.ReadWrite);

    public IDiskFile Open(string path, FileAccess access) => new PlainFile(this, path, FileMode.Open, access);

    public void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        Steps.Add($"rename {Path.GetFileName(from)} {Path.GetFileName(to)}");
    }

    public void Delete(string path) => File.Delete(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void SyncDirectory(string path) => Steps.Add("sync directory");

    public IReadOnlyList<string> List(string directory) =>
        [.. Directory.GetFiles(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public DiskSpace Space(string path) => new(1L << 40, 1L << 41);

    private sealed class PlainFile(PlainDisk disk, string path, FileMode mode, FileAccess access) : IDiskFile
    {
        private readonly FileStream _file = new(path, mode, access);

        public long Length => _file.Length;

        public int Read(Span<byte> buffer, long position) => RandomAccess.Read(_file.SafeFileHandle, buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes, position);
            disk.Steps.Add($"write {Path.GetFileName(path)}");
        }

        public void SetLength(long bytes) => _file.SetLength(bytes);

        public void SyncData() => disk.Steps.Add($"sync {Path.GetFileName(path)}");

        public void Dispose() => _file.Dispose();
    }
}
