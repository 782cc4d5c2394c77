using System.Runtime.InteropServices;

namespace Millrace.Refine;

/// <summary>The split-block Bloom filter of id runs: eight bits in one block of 32 bytes (Apache Parquet's
/// layout).</summary>
/// <remarks>At 10 bits an id about 1 in 100 strangers passes. Hot path.</remarks>
internal static class IdFilter
{
    public const int BlockBytes = 32;

    /// <summary>A block is chosen by 32 bits.</summary>
    public const long BlocksMax = uint.MaxValue;

    private const int WordsPerBlock = 8;
    private const int BitsPerId = 10;

    // The Parquet specification, BloomFilter.md.
    private static ReadOnlySpan<uint> Salts =>
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    public static long Blocks(long count) => Math.Max(1, (count * BitsPerId + BlockBytes * 8 - 1) / (BlockBytes * 8));

    /// <summary>The block of an id. It grows with the id: a filter can be written in one pass over sorted
    /// ids.</summary>
    public static long Block(ulong high, long blocks) => (long)((high >> 32) * (ulong)blocks >> 32);

    public static void Add(Span<byte> block, ulong high)
    {
        var words = MemoryMarshal.Cast<byte, uint>(block);
        for (var word = 0; word < WordsPerBlock; word++)
        {
            words[word] |= Bit(high, word);
        }
    }

    /// <summary>False: the id was certainly not added.</summary>
    public static bool MayHold(ReadOnlySpan<byte> block, ulong high)
    {
        var words = MemoryMarshal.Cast<byte, uint>(block);
        for (var word = 0; word < WordsPerBlock; word++)
        {
            if ((words[word] & Bit(high, word)) == 0)
            {
                return false;
            }
        }
        return true;
    }

    private static uint Bit(ulong high, int word) => 1u << (int)((uint)high * Salts[word] >> 27);
}
