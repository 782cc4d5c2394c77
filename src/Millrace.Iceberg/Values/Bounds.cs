using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Millrace.Iceberg;

/// <summary>Single values as bytes, as bounds and partition values hold them (spec appendix D).</summary>
/// <remarks>
/// <code>
/// boolean 1 byte · int, date 4 bytes LE · long, time, timestamp, timestamptz 8 bytes LE (micros)
/// float 4, double 8 bytes LE · string UTF-8 · binary, fixed raw · uuid 16 bytes BE
/// decimal: the unscaled value, two's complement BE, as few bytes as it takes
/// </code>
/// </remarks>
public static class Bounds
{
    /// <summary>Code points (strings) or bytes (binary) a bound keeps: Iceberg's default <c>truncate(16)</c>.</summary>
    public const int LengthMax = 16;

    public static byte[] Boolean(bool value) => [value ? (byte)1 : (byte)0];

    /// <summary>An int or a date.</summary>
    public static byte[] Int(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>A long, time, timestamp or timestamptz.</summary>
    public static byte[] Long(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Float(float value)
    {
        var bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Double(double value)
    {
        var bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] String(string value) => Encoding.UTF8.GetBytes(value);

    public static byte[] Decimal(BigInteger unscaled) => unscaled.ToByteArray(isUnsigned: false, isBigEndian: true);

    /// <summary>A value of a type: bool, int (date: days), long (times: micros), float, double, string, byte[] or
    /// BigInteger (unscaled decimal).</summary>
    /// <exception cref="ArgumentException">The value does not fit the type.</exception>
    public static byte[] Encode(PrimitiveType type, object value) => (type.Kind, value) switch
    {
        (PrimitiveKind.Boolean, bool flag) => Boolean(flag),
        (PrimitiveKind.Int or PrimitiveKind.Date, int number) => Int(number),
        (PrimitiveKind.Long or PrimitiveKind.Time, long number) => Long(number),
        (PrimitiveKind.Timestamp or PrimitiveKind.TimestampTz, long number) => Long(number),
        (PrimitiveKind.Float, float number) => Float(number),
        (PrimitiveKind.Double, double number) => Double(number),
        (PrimitiveKind.String, string text) => String(text),
        (PrimitiveKind.Binary or PrimitiveKind.Fixed or PrimitiveKind.Uuid, byte[] bytes) => bytes,
        (PrimitiveKind.Decimal, BigInteger unscaled) => Decimal(unscaled),
        _ => throw new ArgumentException(
            $"A {value.GetType().Name} is not a value of type {type.Text}.", nameof(value)),
    };

    /// <summary>The opposite of <see cref="Encode"/>. A 4-byte long or double (written before a promotion) reads as its
    /// wider type. Null if the length fits no reading, as damaged or foreign bytes may.</summary>
    public static object? Decode(PrimitiveType type, ReadOnlySpan<byte> bytes) => type.Kind switch
    {
        PrimitiveKind.Boolean => bytes.Length == 1 ? bytes[0] != 0 : null,
        PrimitiveKind.Int or PrimitiveKind.Date => Integer(bytes) is { } number ? (int)number : null,
        PrimitiveKind.Long or PrimitiveKind.Time => Integer(bytes),
        PrimitiveKind.Timestamp or PrimitiveKind.TimestampTz => Integer(bytes),
        PrimitiveKind.Float => Floating(bytes) is { } number ? (float)number : null,
        PrimitiveKind.Double => Floating(bytes),
        PrimitiveKind.String => Encoding.UTF8.GetString(bytes),
        PrimitiveKind.Binary or PrimitiveKind.Fixed or PrimitiveKind.Uuid => bytes.ToArray(),
        PrimitiveKind.Decimal => new BigInteger(bytes, isUnsigned: false, isBigEndian: true),
        _ => null,
    };

    /// <summary>Order of two values of a type; null if they cannot be
    /// compared (NaN, damage, an unknown type).</summary>
    /// <remarks>Strings compare by UTF-8 bytes, which is code-point order and
    /// not what string.CompareOrdinal does.</remarks>
    public static int? Compare(PrimitiveType type, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        switch (type.Kind)
        {
            case PrimitiveKind.String or PrimitiveKind.Binary or PrimitiveKind.Fixed or PrimitiveKind.Uuid
                or PrimitiveKind.Boolean:
                return left.SequenceCompareTo(right);
            case PrimitiveKind.Float or PrimitiveKind.Double:
                return Floating(left) is { } a && Floating(right) is { } b && !double.IsNaN(a) && !double.IsNaN(b)
                    ? a.CompareTo(b) : null;
            case PrimitiveKind.Decimal:
                return new BigInteger(left, isBigEndian: true).CompareTo(new BigInteger(right, isBigEndian: true));
            case PrimitiveKind.Other:
                return null;
            default:
                return Integer(left) is { } first && Integer(right) is { } second ? first.CompareTo(second) : null;
        }
    }

    /// <summary>The bytes of a lower bound, or null if the value can be none (NaN).</summary>
    public static byte[]? Lower(PrimitiveType type, object value) => value switch
    {
        string text => StringBounds.Lower(text),
        byte[] bytes when type.Kind == PrimitiveKind.Binary => bytes[..Math.Min(bytes.Length, LengthMax)],
        float.NaN or double.NaN => null,
        // A reader that orders -0.0 before 0.0 must not lose a row: the writer's sign of zero means nothing.
        0f => Float(-0f),
        0d => Double(-0d),
        _ => Encode(type, value),
    };

    /// <summary>The bytes of an upper bound, or null if there is none: NaN, or
    /// a string that nothing short exceeds.</summary>
    public static byte[]? Upper(PrimitiveType type, object value) => value switch
    {
        string text => StringBounds.Upper(text),
        byte[] bytes when type.Kind == PrimitiveKind.Binary => StringBounds.Upper(bytes),
        float.NaN or double.NaN => null,
        0f => Float(0f),
        0d => Double(0d),
        _ => Encode(type, value),
    };

    private static long? Integer(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        sizeof(long) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => null,
    };

    private static double? Floating(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        sizeof(float) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        sizeof(double) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => null,
    };
}
