using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Refine;

/// <summary>CRC-32C (Castagnoli), over bytes that come in pieces. Begin with default.</summary>
internal struct Crc32C
{
    // Kept inverted, so that default is the start.
    private uint _inverted;

    public readonly uint Value => _inverted;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = ~_inverted;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        _inverted = ~crc;
    }
}
