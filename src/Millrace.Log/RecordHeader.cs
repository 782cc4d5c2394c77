using System.Buffers.Binary;

namespace Millrace.Log;

/// <summary>The header of a record (docs/formats/log.md). Hot path.</summary>
/// <remarks>
/// <code>
///  0        4        8                16               24               32       36      40
///  ├────────┼────────┼────────────────┼────────────────┼────────────────┼────────┼───────┼── payload ──┬─ zeros to 8 ─┐
///  │ length │  crc   │ offset         │ received       │ first_event    │ events │ group │             │              │
/// </code>
/// The CRC is that of the segment's salt (8 bytes), the length (4 bytes), and 8..length−1.
/// </remarks>
/// <param name="Offset">Of this record.</param>
/// <param name="Received">Receive time, microseconds since 1970.</param>
/// <param name="FirstEvent">Events in all records before this one.</param>
/// <param name="Events">Events in this one.</param>
/// <param name="Group">Bytes from the start of the write it was part of: all before that start was synced already.</param>
internal readonly record struct RecordHeader(long Offset, long Received, long FirstEvent, int Events, uint Group)
{
    public const int Bytes = 40;

    /// <summary>Bounded so that a record with its header fits one array.</summary>
    public const int PayloadBytesMax = 1 << 30;

    public long GroupStart => Offset - Group;

    /// <summary>Bytes a record takes in its segment.</summary>
    public static int PaddedBytes(int length) => (length + 7) & ~7;

    /// <summary>Completes a record whose payload is in place.</summary>
    public void Seal(Span<byte> record, ulong salt)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)record.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], Offset);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], Received);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], FirstEvent);
        BinaryPrimitives.WriteInt32LittleEndian(record[32..], Events);
        BinaryPrimitives.WriteUInt32LittleEndian(record[36..], Group);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc(record, salt));
    }

    /// <summary>Length of the record that may begin here, from its first <see cref="Bytes"/>; 0: none does.</summary>
    public static int LengthAt(ReadOnlySpan<byte> header, long offset, long bytesMax)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        bool isPlausible = length >= Bytes && length <= bytesMax && length <= PayloadBytesMax + Bytes
            && PaddedBytes((int)length) <= bytesMax
            && BinaryPrimitives.ReadInt64LittleEndian(header[8..]) == offset;
        return isPlausible ? (int)length : 0;
    }

    /// <summary>Checks a whole record, without its padding.</summary>
    public static bool TryRead(ReadOnlySpan<byte> record, ulong salt, out RecordHeader header)
    {
        header = new RecordHeader(
            BinaryPrimitives.ReadInt64LittleEndian(record[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[36..]));
        return BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) == Crc(record, salt);
    }

    private static uint Crc(ReadOnlySpan<byte> record, ulong salt)
    {
        uint state = Crc32C.Append(Crc32C.Begin, salt);
        state = Crc32C.Append(state, record[..4]);
        return Crc32C.Finish(Crc32C.Append(state, record[8..]));
    }
}
