using Millrace.Log;

namespace Millrace.Fuzz.Targets;

/// <summary>Files that nobody writes, and a count of how often they are read.</summary>
internal sealed class StillDisk : IDisk
{
    /// <summary>By path; sorted, as a directory is listed.</summary>
    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public long BytesRead { get; private set; }

    public IDiskFile Open(string path, FileAccess access) => Files.TryGetValue(path, out var bytes)
        ? new OpenFile(this, bytes) : throw new FileNotFoundException($"There is no {path}.", path);

    public IReadOnlyList<string> List(string directory) => [.. Files.Keys.Select(path => Path.GetFileName(path))];

    public IDiskFile Create(string path) => throw new NotSupportedException();

    public void Rename(string from, string to) => throw new NotSupportedException();

    public void Delete(string path) => throw new NotSupportedException();

    public void CreateDirectory(string path) => throw new NotSupportedException();

    public void SyncDirectory(string path) => throw new NotSupportedException();

    public DiskSpace Space(string path) => throw new NotSupportedException();

    private sealed class OpenFile(StillDisk disk, byte[] bytes) : IDiskFile
    {
        public long Length => bytes.Length;

        public int Read(Span<byte> buffer, long position)
        {
            FindingException.ThrowIf(position < 0, $"It reads at {position}.");
            var at = (int)Math.Min(position, bytes.Length);
            var count = Math.Min(buffer.Length, bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(buffer);
            disk.BytesRead += Math.Max(1, count);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long position) => throw new NotSupportedException();

        public void SetLength(long bytes) => throw new NotSupportedException();

        public void SyncData() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
