using System.Buffers.Binary;

namespace Millrace.Log;

/// <summary>The header of a segment (docs/formats/log.md).</summary>
/// <remarks>
/// <code>
///    0 magic "MILLRLOG"     32 capacity u64        72 received_min i64
///    8 version u32          40 previous_end u64    80 stamp, 32 bytes
///   12 crc u32              48 first_event u64    112 log_start u64
///   16 salt u64             56 node u64           120 stamps u32
///   24 base u64             64 created i64        124 zeros, to 128
/// </code>
/// Two copies, at 0 and 4,096 of the file; records begin at 8,192. The CRC is that of 0..11 and 16..127.
/// </remarks>
public sealed record SegmentHeader
{
    /// <summary>Where records begin in the file.</summary>
    public const int AreaBytes = 8192;

    /// <summary>Bases and capacities are multiples of this.</summary>
    public const int Alignment = 4096;

    private const int Bytes = 128;
    private const int CopyAt = 4096;
    private const uint Version = 1;
    private const int StampBytes = 32;

    /// <summary>Random for each use of a file.</summary>
    public required ulong Salt { get; init; }

    /// <summary>Offset of the first record.</summary>
    public required long Base { get; init; }

    /// <summary>Bytes of offsets it owns. The file may be shorter: what is missing reads as zeros.</summary>
    public required long Capacity { get; init; }

    /// <summary>Exclusive end of the valid records before this segment.</summary>
    public required long PreviousEnd { get; init; }

    /// <summary>Events in all records before this segment.</summary>
    public required long FirstEvent { get; init; }

    /// <summary>The node id.</summary>
    public required ulong Node { get; init; }

    /// <summary>When the segment was opened, in microseconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>No record in here was received before this.</summary>
    public required long ReceivedMin { get; init; }

    /// <summary>The control version in force at <see cref="Base"/>: 32 bytes, zeros for none.</summary>
    public required ReadOnlyMemory<byte> Stamp { get; init; }

    /// <summary>Base of this log's first segment.</summary>
    public required long LogStart { get; init; }

    /// <summary>How often the stamp was set before this segment.</summary>
    public required uint Stamps { get; init; }

    /// <summary>Exclusive end of the offsets this segment owns; base of the next.</summary>
    public long End => Base + Capacity;

    private static ReadOnlySpan<byte> Magic => "MILLRLOG"u8;

    /// <summary>Fills the first <see cref="AreaBytes"/> of a segment file.</summary>
    internal void Write(Span<byte> area)
    {
        area[..AreaBytes].Clear();
        Magic.CopyTo(area);
        BinaryPrimitives.WriteUInt32LittleEndian(area[8..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(area[16..], Salt);
        BinaryPrimitives.WriteInt64LittleEndian(area[24..], Base);
        BinaryPrimitives.WriteInt64LittleEndian(area[32..], Capacity);
        BinaryPrimitives.WriteInt64LittleEndian(area[40..], PreviousEnd);
        BinaryPrimitives.WriteInt64LittleEndian(area[48..], FirstEvent);
        BinaryPrimitives.WriteUInt64LittleEndian(area[56..], Node);
        BinaryPrimitives.WriteInt64LittleEndian(area[64..], Created);
        BinaryPrimitives.WriteInt64LittleEndian(area[72..], ReceivedMin);
        Stamp.Span.CopyTo(area[80..112]);
        BinaryPrimitives.WriteInt64LittleEndian(area[112..], LogStart);
        BinaryPrimitives.WriteUInt32LittleEndian(area[120..], Stamps);
        BinaryPrimitives.WriteUInt32LittleEndian(area[12..], Crc(area));
        area[..Bytes].CopyTo(area[CopyAt..]);
    }

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    internal static long Align(long offset) => (offset + Alignment - 1) & ~(Alignment - 1L);

    /// <summary>Reads whichever copy is sound; null if neither is.</summary>
    /// <exception cref="NewerFormatException">The segment was written by a newer Millrace.</exception>
    internal static SegmentHeader? Read(ReadOnlySpan<byte> area, string path) =>
        ReadCopy(area, path) ?? (area.Length > CopyAt ? ReadCopy(area[CopyAt..], path) : null);

    private static SegmentHeader? ReadCopy(ReadOnlySpan<byte> copy, string path)
    {
        if (copy.Length < Bytes || !copy.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(copy[12..]) != Crc(copy))
        {
            return null;
        }
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(copy[8..]);
        if (version > Version)
        {
            throw new NewerFormatException(path, version, Version);
        }
        return new SegmentHeader
        {
            Salt = BinaryPrimitives.ReadUInt64LittleEndian(copy[16..]),
            Base = BinaryPrimitives.ReadInt64LittleEndian(copy[24..]),
            Capacity = BinaryPrimitives.ReadInt64LittleEndian(copy[32..]),
            PreviousEnd = BinaryPrimitives.ReadInt64LittleEndian(copy[40..]),
            FirstEvent = BinaryPrimitives.ReadInt64LittleEndian(copy[48..]),
            Node = BinaryPrimitives.ReadUInt64LittleEndian(copy[56..]),
            Created = BinaryPrimitives.ReadInt64LittleEndian(copy[64..]),
            ReceivedMin = BinaryPrimitives.ReadInt64LittleEndian(copy[72..]),
            Stamp = copy.Slice(80, StampBytes).ToArray(),
            LogStart = BinaryPrimitives.ReadInt64LittleEndian(copy[112..]),
            Stamps = BinaryPrimitives.ReadUInt32LittleEndian(copy[120..]),
        };
    }

    private static uint Crc(ReadOnlySpan<byte> copy) =>
        Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Begin, copy[..12]), copy[16..Bytes]));
}
