using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>The least and the greatest of a column's texts, by UTF-8 bytes. Hot path.</summary>
internal static class TextRange
{
    /// <param name="column">The column.</param>
    /// <param name="numbers">Its values to look at, at least one.</param>
    public static (byte[] Least, byte[] Greatest) Of(TextColumn column, ReadOnlySpan<int> numbers)
    {
        var least = column.Value(numbers[0]);
        var greatest = least;
        foreach (var number in numbers[1..])
        {
            var text = column.Value(number);
            if (text.SequenceCompareTo(least) < 0)
            {
                least = text;
            }
            else if (text.SequenceCompareTo(greatest) > 0)
            {
                greatest = text;
            }
        }
        return (Cut(least), Cut(greatest));
    }

    private static byte[] Cut(ReadOnlySpan<byte> text) =>
        text[..Math.Min(text.Length, EncodedColumn.TextBytesMax)].ToArray();
}

/// <summary>The least and the greatest of a column's numbers. Hot path.</summary>
internal static class NumberRange
{
    /// <returns>Nulls if there is no value but NaN.</returns>
    public static (byte[]? Least, byte[]? Greatest) Of(ReadOnlySpan<long> values, PrimitiveKind kind)
    {
        if (kind == PrimitiveKind.Double)
        {
            return OfReals(values);
        }
        if (values.IsEmpty)
        {
            return default;
        }
        var (least, greatest) = (values[0], values[0]);
        foreach (var value in values)
        {
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }
        return (PlainNumbers.Bytes(least, kind), PlainNumbers.Bytes(greatest, kind));
    }

    private static (byte[]? Least, byte[]? Greatest) OfReals(ReadOnlySpan<long> values)
    {
        var (least, greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        var hasAny = false;
        foreach (var bits in values)
        {
            var real = BitConverter.Int64BitsToDouble(bits);
            // False for NaN both times.
            least = real < least ? real : least;
            greatest = real > greatest ? real : greatest;
            hasAny |= !double.IsNaN(real);
        }
        return hasAny ? (Bounds.Lower(FieldType.Double, least), Bounds.Upper(FieldType.Double, greatest)) : default;
    }
}
