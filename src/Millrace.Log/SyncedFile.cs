using System.Buffers.Binary;

namespace Millrace.Log;

/// <summary><c>DIR/log/synced</c>: how far the log is durable, for readers in other processes (docs/formats/log.md).</summary>
/// <remarks>
/// <code>
///   0 synced end u64    8 its bitwise complement u64    16
/// </code>
/// Written in place after each sync and never synced itself, so after a power cut it says less than the truth.
/// While the halves disagree a reader keeps what it knew.
/// </remarks>
internal sealed class SyncedFile(IDiskFile file) : IDisposable
{
    public const string Name = "synced";
    private const int Bytes = 16;
    private long _last;

    public static SyncedFile OpenForWriting(IDisk disk, string directory)
    {
        string path = Path.Combine(directory, Name);
        return new SyncedFile(disk.List(directory).Contains(Name)
            ? disk.Open(path, FileAccess.ReadWrite)
            : disk.Create(path));
    }

    /// <summary>Null until a writer has made the file.</summary>
    public static SyncedFile? OpenForReading(IDisk disk, string directory)
    {
        try
        {
            return new SyncedFile(disk.Open(Path.Combine(directory, Name), FileAccess.Read));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The synced end; 0 if nothing sound was ever read.</summary>
    public long Read()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (file.Read(bytes, 0) == Bytes)
        {
            long end = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            _last = end == ~BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) ? end : _last;
        }
        return _last;
    }

    public void Write(long end)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, end);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], ~end);
        file.Write(bytes, 0);
    }

    public void Dispose() => file.Dispose();
}
