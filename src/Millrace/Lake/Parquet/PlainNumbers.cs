using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Numbers as Parquet writes them plain. Hot path.</summary>
internal static class PlainNumbers
{
    public static void Write(IBufferWriter<byte> target, ReadOnlySpan<long> values, PrimitiveKind kind)
    {
        if (kind == PrimitiveKind.Int)
        {
            var bytes = target.GetSpan(values.Length * sizeof(int));
            foreach (var value in values)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)value);
                bytes = bytes[sizeof(int)..];
            }
            target.Advance(values.Length * sizeof(int));
            return;
        }
        target.Write(MemoryMarshal.AsBytes(values));
    }

    /// <summary>One value; a flag is one byte.</summary>
    public static byte[] Bytes(long value, PrimitiveKind kind) => kind switch
    {
        PrimitiveKind.Boolean => Bounds.Boolean(value != 0),
        PrimitiveKind.Int => Bounds.Int((int)value),
        _ => Bounds.Long(value),
    };
}
