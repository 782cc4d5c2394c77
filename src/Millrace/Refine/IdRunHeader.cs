using System.Buffers.Binary;
using System.Globalization;
using Millrace.Log;

namespace Millrace.Refine;

/// <summary>The records whose ids a run holds. Times are µs UTC.</summary>
/// <param name="Node">Whose log it was.</param>
/// <param name="First">Offset of the first record.</param>
/// <param name="End">Exclusive end of the last record.</param>
/// <param name="ReceivedMin">Least receive time.</param>
/// <param name="ReceivedMax">Greatest receive time.</param>
internal sealed record IdRunRange(ulong Node, long First, long End, long ReceivedMin, long ReceivedMax)
{
    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Node:x16}-{First}-{End}.run");
}

/// <summary>The first 128 bytes of an id run.</summary>
/// <remarks>
/// <code>
///   0 magic 8 │  8 version u32 │ 12 crc u32 │ 16 count u64 │ 24 node u64 │ 32 first u64 │ 40 end u64
///  48 received_min i64 │ 56 received_max i64 │ 64 filter_at u64 │ 72 filter_bytes u64
///  80 zero u32 │ 84 filter_crc u32 │ 88 key_check u64 │ 96 reserved 32, zeros
/// </code>
/// </remarks>
internal sealed record IdRunHeader
{
    public const int Bytes = 128;

    /// <summary>The header's page, a page of entries; the filter begins at a multiple of it.</summary>
    public const int PageBytes = 4096;

    public const int EntryBytes = 24;
    public const int EntriesPerPage = 170;

    /// <summary>Where a page keeps the CRC-32C of what stands before it.</summary>
    public const int PageCrcAt = EntriesPerPage * EntryBytes;

    private const uint Version = 1;
    private const int CrcAt = 12;

    public required IdRunRange Range { get; init; }

    public required long Count { get; init; }

    public required long FilterAt { get; init; }

    public required long FilterBytes { get; init; }

    public uint FilterCrc { get; init; }

    public required ulong KeyCheck { get; init; }

    private static ReadOnlySpan<byte> Magic => "MILLRIDS"u8;

    /// <summary>Where the filter of a run of so many ids begins.</summary>
    public static long FilterStart(long count) => (1 + Pages(count)) * PageBytes;

    /// <summary>How many pages so many entries fill.</summary>
    public static long Pages(long count) => (count + EntriesPerPage - 1) / EntriesPerPage;

    public void Write(Span<byte> target)
    {
        target[..Bytes].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], Count);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Range.Node);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Range.First);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], Range.End);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], Range.ReceivedMin);
        BinaryPrimitives.WriteInt64LittleEndian(target[56..], Range.ReceivedMax);
        BinaryPrimitives.WriteInt64LittleEndian(target[64..], FilterAt);
        BinaryPrimitives.WriteInt64LittleEndian(target[72..], FilterBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[84..], FilterCrc);
        BinaryPrimitives.WriteUInt64LittleEndian(target[88..], KeyCheck);
        BinaryPrimitives.WriteUInt32LittleEndian(target[CrcAt..], Checksum(target));
    }

    /// <summary>Reads and checks a header against the length of its file.</summary>
    /// <exception cref="IdRunException">It is damaged, or a newer Millrace wrote it.</exception>
    public static IdRunHeader Read(ReadOnlySpan<byte> source, long fileBytes, string path)
    {
        if (source.Length < Bytes || fileBytes < PageBytes || !source.StartsWith(Magic))
        {
            throw IdRunException.Damaged(path, "it does not begin like an id run");
        }
        var version = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        if (version > Version)
        {
            throw IdRunException.Newer(path, version);
        }
        if (version == 0 || BinaryPrimitives.ReadUInt32LittleEndian(source[CrcAt..]) != Checksum(source))
        {
            throw IdRunException.Damaged(path, "its header's checksum is wrong");
        }
        var header = new IdRunHeader
        {
            Count = BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            Range = new IdRunRange(
                BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[48..]),
                BinaryPrimitives.ReadInt64LittleEndian(source[56..])),
            FilterAt = BinaryPrimitives.ReadInt64LittleEndian(source[64..]),
            FilterBytes = BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
            FilterCrc = BinaryPrimitives.ReadUInt32LittleEndian(source[84..]),
            KeyCheck = BinaryPrimitives.ReadUInt64LittleEndian(source[88..]),
        };
        return header.FitsIn(fileBytes)
            ? header : throw IdRunException.Damaged(path, "its parts do not fill the file");
    }

    /// <summary>Read with care: no sum may overflow, whatever the numbers are.</summary>
    private bool FitsIn(long fileBytes) =>
        Count >= 0 && Count <= fileBytes / EntryBytes
        && FilterBytes > 0 && FilterBytes % IdFilter.BlockBytes == 0 && FilterBytes <= fileBytes
        && FilterBytes / IdFilter.BlockBytes <= IdFilter.BlocksMax
        && FilterAt == fileBytes - FilterBytes && FilterAt >= FilterStart(Count) && FilterAt % PageBytes == 0;

    private static uint Checksum(ReadOnlySpan<byte> header) =>
        Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Begin, header[..CrcAt]), header[16..Bytes]));
}
