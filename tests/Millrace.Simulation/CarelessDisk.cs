using Millrace.Log;

namespace Millrace.Simulation;

/// <summary>A disk that does not sync what it was told to sync, or later.</summary>
internal sealed class CarelessDisk(IDisk disk) : IDisk
{
    /// <summary>Files and directories, by their path when they were opened, whose sync never happens.</summary>
    public Func<string, bool> LeavesOut { get; init; } = _ => false;

    /// <summary>Files whose sync happens before the next write to them.</summary>
    public Func<string, bool> SyncsLate { get; init; } = _ => false;

    public IDiskFile Create(string path) => disk.Create(path);

    public IDiskFile Open(string path, FileAccess access) => new CarelessFile(disk.Open(path, access))
    {
        IsLeftOut = LeavesOut(path), IsLate = SyncsLate(path),
    };

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void CreateDirectory(string path) => disk.CreateDirectory(path);

    public void SyncDirectory(string path)
    {
        if (!LeavesOut(path))
        {
            disk.SyncDirectory(path);
        }
    }

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public DiskSpace Space(string path) => disk.Space(path);

    private sealed class CarelessFile(IDiskFile file) : IDiskFile
    {
        private bool _owesSync;

        public bool IsLeftOut { get; init; }

        public bool IsLate { get; init; }

        public long Length => file.Length;

        public int Read(Span<byte> buffer, long position) => file.Read(buffer, position);

        public void Write(ReadOnlySpan<byte> bytes, long position)
        {
            if (_owesSync)
            {
                file.SyncData();
                _owesSync = false;
            }
            file.Write(bytes, position);
        }

        public void SetLength(long bytes) => file.SetLength(bytes);

        public void SyncData()
        {
            _owesSync = IsLate;
            if (!IsLeftOut && !IsLate)
            {
                file.SyncData();
            }
        }

        public void Dispose() => file.Dispose();
    }
}
