using Millrace.Log;

namespace Millrace.Tests.Twins;

/// <summary>The disk of this machine, and a record of what was made durable in which order.</summary>
internal sealed class RecordingDisk : IDisk
{
    private readonly PosixDisk _disk = new();

    /// <summary>Every sync and rename that succeeded.</summary>
    public List<string> Steps { get; } = [];

    public IDiskFile Create(string path) => new RecordedFile(this, _disk.Create(path), Path.GetFileName(path));

    public IDiskFile Open(string path, FileAccess access) =>
        new RecordedFile(this, _disk.Open(path, access), Path.GetFileName(path));

    public void Rename(string from, string to)
    {
        _disk.Rename(from, to);
        Steps.Add($"rename {Path.GetFileName(from)} {Path.GetFileName(to)}");
    }

    public void Delete(string path) => _disk.Delete(path);

    public void CreateDirectory(string path) => _disk.CreateDirectory(path);

    public void SyncDirectory(string path)
    {
        _disk.SyncDirectory(path);
        Steps.Add("sync directory");
    }

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public DiskSpace Space(string path) => _disk.Space(path);

    private sealed class RecordedFile(RecordingDisk disk, IDiskFile file, string name) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> buffer, long position) => file.Read(buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position) => file.Write(bytes, position);

        public void SetLength(long bytes) => file.SetLength(bytes);

        public void SyncData()
        {
            file.SyncData();
            disk.Steps.Add($"sync {name}");
        }

        public void Dispose() => file.Dispose();
    }
}
