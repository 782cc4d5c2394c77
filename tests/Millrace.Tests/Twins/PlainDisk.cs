using Millrace.Log;

namespace Millrace.Tests.Twins;

/// <summary>A disk of ordinary files whose syncs do nothing: for tests of what is written, not of what survives.</summary>
internal sealed class PlainDisk : IDisk
{
    public IDiskFile Create(string path) => new PlainFile(File.Open(path, FileMode.CreateNew, FileAccess.ReadWrite));

    public IDiskFile Open(string path, FileAccess access) => new PlainFile(File.Open(path, FileMode.Open, access));

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void SyncDirectory(string path)
    {
    }

    public IReadOnlyList<string> List(string directory) => Directory.Exists(directory)
        ? [.. Directory.GetFiles(directory).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)] : [];

    public DiskSpace Space(string path) => new(1L << 40, 1L << 41);

    private sealed class PlainFile(FileStream file) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> buffer, long position) => RandomAccess.Read(file.SafeFileHandle, buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(file.SafeFileHandle, bytes, position);

        public void SetLength(long bytes) => file.SetLength(bytes);

        public void SyncData()
        {
        }

        public void Dispose() => file.Dispose();
    }
}
