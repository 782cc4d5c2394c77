using System.Buffers;
using System.Text;

namespace Millrace.Iceberg;

/// <summary>Avro's binary encoding of single values: zig-zag varints, lengths before bytes, a branch number before a
/// union's value.</summary>
internal sealed class AvroBuffer
{
    private const int VarintBytesMax = 10;
    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal int Length => _bytes.WrittenCount;

    internal ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    internal void Clear() => _bytes.ResetWrittenCount();

    internal void Long(long value)
    {
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        Span<byte> span = _bytes.GetSpan(VarintBytesMax);
        int length = 0;
        while (rest >= 0x80)
        {
            span[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        span[length++] = (byte)rest;
        _bytes.Advance(length);
    }

    internal void Boolean(bool value) => Raw([value ? (byte)1 : (byte)0]);

    internal void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    internal void Bytes(ReadOnlySpan<byte> bytes)
    {
        Long(bytes.Length);
        Raw(bytes);
    }

    internal void String(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>A value of a <c>["null", T]</c> union: the branch, then what <paramref name="write"/> writes.</summary>
    internal void Optional<T>(T? value, Action<T> write)
        where T : class
    {
        Long(value is null ? 0 : 1);
        if (value is not null)
        {
            write(value);
        }
    }

    internal void OptionalLong(long? value)
    {
        Long(value is null ? 0 : 1);
        if (value is { } number)
        {
            Long(number);
        }
    }

    internal void OptionalBytes(byte[]? value) => Optional(value, bytes => Bytes(bytes));

    /// <summary>An array in one block.</summary>
    internal void Array<T>(IReadOnlyCollection<T> items, Action<T> write)
    {
        if (items.Count > 0)
        {
            Long(items.Count);
            foreach (T item in items)
            {
                write(item);
            }
        }
        Long(0);
    }
}
