using System.Buffers.Binary;

namespace Millrace.Fuzz;

/// <summary>Makes a new input of old ones: a few random changes, stacked.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> dictionary)
{
    private const int BytesMax = 16 << 10;
    private const int ChangesMax = 8;

    private static readonly long[] Interesting =
        [0, 1, -1, 16, 64, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, int.MaxValue, int.MinValue, 1L << 32,
            long.MaxValue, long.MinValue];

    /// <param name="input">What is changed; stays as it is.</param>
    /// <param name="other">Where pieces may come from.</param>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (var changes = 1 + random.Next(ChangesMax); changes > 0; changes--)
        {
            Change(bytes, other);
        }
        if (bytes.Count > BytesMax)
        {
            bytes.RemoveRange(BytesMax, bytes.Count - BytesMax);
        }
        return [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = random.Next(bytes.Count + 1);
        var left = bytes.Count - at;
        switch (random.Next(10))
        {
            case 0 when left > 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when left > 0: bytes[at] = (byte)random.Next(256); break;
            case 2 when left > 0: bytes[at] = (byte)(bytes[at] + random.Next(-16, 17)); break;
            case 3: bytes.RemoveRange(at, Piece(left)); break;
            case 4: bytes.InsertRange(at, bytes.GetRange(at, Piece(left))); break;
            case 5: Copy(bytes, bytes.GetRange(at, Piece(left)), random.Next(bytes.Count + 1)); break;
            case 6: Insert(bytes, at, other); break;
            case 7 when dictionary.Count > 0: bytes.InsertRange(at, dictionary[random.Next(dictionary.Count)]); break;
            case 8 when dictionary.Count > 0: Copy(bytes, dictionary[random.Next(dictionary.Count)], at); break;
            case 9: Copy(bytes, Number(), at); break;
            default: bytes.Insert(at, (byte)random.Next(256)); break;
        }
    }

    private void Insert(List<byte> bytes, int at, byte[] other)
    {
        var from = random.Next(other.Length + 1);
        bytes.InsertRange(at, other.AsSpan(from, Piece(other.Length - from)));
    }

    private static void Copy(List<byte> bytes, IReadOnlyList<byte> piece, int at)
    {
        for (var i = 0; i < piece.Count && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }

    private byte[] Number()
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Interesting[random.Next(Interesting.Length)]);
        return bytes[..(1 << random.Next(4))];
    }

    /// <summary>Small more often than large.</summary>
    private int Piece(int most) => Math.Min(most, random.Next(4) > 0 ? random.Next(1, 17) : random.Next(1, most + 2));
}
