using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Millrace.DuckDb;

/// <summary>Stored forms of numbers, UUIDs and bit strings to .NET values; pure.</summary>
internal static class Scalars
{
    private const int DecimalScaleMax = 28;

    /// <summary>A <see cref="decimal"/>, or text where its 96 bits or 28 places do not hold the value.</summary>
    public static object Decimal(Int128 unscaled, int scale)
    {
        var magnitude = UInt128.CreateTruncating(unscaled < 0 ? -unscaled : unscaled);
        if (scale > DecimalScaleMax || magnitude >> 96 != 0) return DecimalText(unscaled, scale);
        return new decimal(
            unchecked((int)(uint)magnitude),
            unchecked((int)(uint)(magnitude >> 32)),
            unchecked((int)(uint)(magnitude >> 64)),
            unscaled < 0,
            (byte)scale);
    }

    /// <summary>A BIGNUM: 3 bytes of sign and length, then a big-endian magnitude; inverted if negative.</summary>
    public static BigInteger BigNum(ReadOnlySpan<byte> stored)
    {
        const int headerBytes = 3;
        var magnitude = stored[headerBytes..].ToArray();
        var isNegative = (stored[0] & 0x80) == 0;
        if (!isNegative) return new BigInteger(magnitude, isUnsigned: true, isBigEndian: true);

        for (var i = 0; i < magnitude.Length; i++) magnitude[i] = (byte)~magnitude[i];
        return -new BigInteger(magnitude, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>A UUID; stored with its top bit flipped so that it sorts as a signed integer.</summary>
    public static Guid Uuid(UInt128 stored)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, stored ^ (UInt128.One << 127));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A BIT as '0's and '1's; its first byte counts the unused leading bits of the second.</summary>
    public static string Bits(ReadOnlySpan<byte> stored)
    {
        var unused = stored[0];
        var text = new char[((stored.Length - 1) * 8) - unused];
        for (var i = 0; i < text.Length; i++)
        {
            var bit = i + unused;
            text[i] = (stored[1 + (bit / 8)] >> (7 - (bit % 8)) & 1) == 0 ? '0' : '1';
        }
        return new string(text);
    }

    private static string DecimalText(Int128 unscaled, int scale)
    {
        var magnitude = unscaled < 0 ? -unscaled : unscaled;
        var digits = magnitude.ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var point = digits.Length - scale;
        return $"{(unscaled < 0 ? "-" : "")}{digits[..point]}{(scale == 0 ? "" : ".")}{digits[point..]}";
    }
}
