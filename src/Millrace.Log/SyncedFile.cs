using System.Buffers.Binary;

namespace Millrace.Log;

/// <summary><c>DIR/log/synced</c>: how far the log is durable, for readers in other processes
/// (docs/formats/log.md).</summary>
/// <remarks>
/// <code>
///   0 synced end u64    8 events before it u64    16 complement of the end u64    24 that of the events u64    32
/// </code>
/// Written in place after each sync and never synced itself, so after a power cut it says less than the truth. Written
/// by <c>pwrite</c> and not through a mapping: a store into a mapping of a failed disk would kill the process.
/// While the halves disagree a reader keeps what it knew.
/// </remarks>
internal sealed class SyncedFile(IDiskFile file) : IDisposable
{
    private const string Name = "synced";
    private const int Bytes = 32;
    private LogPosition _last;

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

    /// <summary>The synced end; offset 0 if nothing sound was ever read.</summary>
    public LogPosition Read()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (file.Read(bytes, 0) == Bytes)
        {
            long end = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            long events = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
            bool isSound = end == ~BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])
                && events == ~BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
            _last = isSound ? new LogPosition(end, events) : _last;
        }
        return _last;
    }

    public void Write(LogPosition end)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, end.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], end.Events);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], ~end.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], ~end.Events);
        file.Write(bytes, 0);
    }

    public void Dispose() => file.Dispose();
}
