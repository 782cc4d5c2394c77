using System.Buffers;
using System.Buffers.Binary;

namespace Millrace.Lake;

/// <summary>Parquet's hybrid of runs and packed bits, for definition levels and dictionary indexes.</summary>
/// <remarks>
/// <code>
/// run      varint: count &lt;&lt; 1 · the value in as few whole bytes as its width takes
/// packed   varint: groups of eight &lt;&lt; 1 | 1 · their values, width bits each, the lowest bit first
/// </code>
/// Hot path.
/// </remarks>
internal static class RunEncoder
{
    private const int GroupValues = 8;

    /// <summary>Bits that hold every value up to one.</summary>
    public static int Width(int valueMax) => 32 - int.LeadingZeroCount(valueMax);

    /// <param name="values">Each in <paramref name="width"/> bits.</param>
    public static void Write(IBufferWriter<byte> target, ReadOnlySpan<int> values, int width)
    {
        while (!values.IsEmpty)
        {
            var run = RunLength(values, values.Length);
            if (run >= GroupValues || run == values.Length)
            {
                WriteRun(target, values[0], run, width);
                values = values[run..];
                continue;
            }
            var packed = 0;
            while (packed < values.Length && RunLength(values[packed..], GroupValues) < GroupValues)
            {
                packed += GroupValues;
            }
            packed = Math.Min(packed, values.Length);
            WritePacked(target, values[..packed], width);
            values = values[packed..];
        }
    }

    public static void WriteRun(IBufferWriter<byte> target, int value, int count, int width)
    {
        VarInts.Write(target, (ulong)count << 1);
        var bytes = (width + 7) / 8;
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(sizeof(int)), value);
        target.Advance(bytes);
    }

    private static int RunLength(ReadOnlySpan<int> values, int lengthMax)
    {
        var first = values[0];
        var length = 1;
        lengthMax = Math.Min(lengthMax, values.Length);
        while (length < lengthMax && values[length] == first)
        {
            length++;
        }
        return length;
    }

    /// <summary>The last group is filled up with zeros.</summary>
    private static void WritePacked(IBufferWriter<byte> target, ReadOnlySpan<int> values, int width)
    {
        var groups = (values.Length + GroupValues - 1) / GroupValues;
        VarInts.Write(target, (ulong)groups << 1 | 1);
        var bytes = target.GetSpan(groups * width + sizeof(uint));
        bytes[..(groups * width + sizeof(uint))].Clear();
        var (bits, count, at) = (0UL, 0, 0);
        foreach (var value in values)
        {
            bits |= (ulong)value << count;
            count += width;
            if (count >= 32)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], (uint)bits);
                (bits, count, at) = (bits >> 32, count - 32, at + sizeof(uint));
            }
        }
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], (uint)bits);
        target.Advance(groups * width);
    }
}
