using System.Buffers.Binary;

namespace Millrace.Log;

/// <summary>The header of a record (docs/formats/log.md). Hot path.</summary>
/// <remarks>
/// <code>
///  0        4        8            16           24            32       36         40       44      48
///  ├────────┼────────┼────────────┼────────────┼─────────────┼────────┼──────────┼────────┼───────┼─ payload ┬ zeros ┐
///  │ length │  crc   │ offset     │ received   │ first_event │ events │ unsynced │ stamps │ zero  │          │ to 8  │
/// </code>
/// The CRC is that of the segment's salt (8 bytes), the length (4 bytes), and 8..length−1.
/// </remarks>
internal readonly record struct RecordHeader
{
    public const int Bytes = 48;

    public const int LengthMax = 1 << 30;

    public long Offset { get; init; }

    public long Received { get; init; }

    /// <summary>Events in all records before this one.</summary>
    public long FirstEvent { get; init; }

    public int Events { get; init; }

    /// <summary>All of the segment before this was durable when the record was written.</summary>
    public long DurableBefore { get; init; }

    /// <summary>How often the stamp had been set, by this record too.</summary>
    public uint Stamps { get; init; }

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
        BinaryPrimitives.WriteUInt32LittleEndian(record[36..], (uint)((Offset - DurableBefore) / 8));
        BinaryPrimitives.WriteUInt32LittleEndian(record[40..], Stamps);
        BinaryPrimitives.WriteUInt32LittleEndian(record[44..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc(record, salt));
    }

    /// <summary>Length of the record that begins here, by its first <see cref="Bytes"/>; 0: none that ends in time
    /// does.</summary>
    public static int LengthAt(ReadOnlySpan<byte> header, long offset, long bytesMax)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        bool isPlausible = length is >= Bytes and <= LengthMax && PaddedBytes((int)length) <= bytesMax
            && BinaryPrimitives.ReadInt64LittleEndian(header[8..]) == offset;
        return isPlausible ? (int)length : 0;
    }

    public static RecordHeader Read(ReadOnlySpan<byte> record)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
        return new RecordHeader
        {
            Offset = offset,
            Received = BinaryPrimitives.ReadInt64LittleEndian(record[16..]),
            FirstEvent = BinaryPrimitives.ReadInt64LittleEndian(record[24..]),
            Events = BinaryPrimitives.ReadInt32LittleEndian(record[32..]),
            DurableBefore = offset - (8L * BinaryPrimitives.ReadUInt32LittleEndian(record[36..])),
            Stamps = BinaryPrimitives.ReadUInt32LittleEndian(record[40..]),
        };
    }

    /// <summary>Whether a whole record, without its padding, has the bytes it was sealed with.</summary>
    public static bool IsSound(ReadOnlySpan<byte> record, ulong salt) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) == Crc(record, salt);

    private static uint Crc(ReadOnlySpan<byte> record, ulong salt)
    {
        uint state = Crc32C.Append(Crc32C.Begin, salt);
        state = Crc32C.Append(state, record[..4]);
        return Crc32C.Finish(Crc32C.Append(state, record[8..]));
    }
}
