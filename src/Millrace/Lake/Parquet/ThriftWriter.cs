using System.Buffers;
using System.Text;

namespace Millrace.Lake;

/// <summary>Writes structs in Thrift's compact protocol, in which Parquet keeps its headers and its footer.</summary>
/// <remarks>
/// <code>
/// field    (id − previous id) &lt;&lt; 4 | type, 1 byte · integers as zigzag varints · bytes as length and content
/// list     size &lt;&lt; 4 | type of elements, 1 byte; from 15 elements on 0xF0 | type and the size as a varint
/// struct   its fields, then 0
/// </code>
/// Fields are written in ascending order, no two more than 15 apart.
/// </remarks>
internal sealed class ThriftWriter(IBufferWriter<byte> target)
{
    private const int True = 1;
    private const int False = 2;
    private const int Integer32 = 5;
    private const int Integer64 = 6;
    private const int Binary = 8;
    private const int List = 9;
    private const int Struct = 12;
    private const int ShortListMax = 14;

    private readonly Stack<int> _outer = new();
    private int _previous;

    public void Int32(int id, int value)
    {
        Field(id, Integer32);
        ZigZag(value);
    }

    public void Int64(int id, long value)
    {
        Field(id, Integer64);
        ZigZag(value);
    }

    public void Flag(int id, bool value) => Field(id, value ? True : False);

    public void Text(int id, string value) => Bytes(id, Encoding.UTF8.GetBytes(value));

    public void Bytes(int id, ReadOnlySpan<byte> value)
    {
        Field(id, Binary);
        Content(value);
    }

    public void Int32List(int id, params ReadOnlySpan<int> values)
    {
        ListHeader(id, values.Length, Integer32);
        foreach (var value in values)
        {
            ZigZag(value);
        }
    }

    public void TextList(int id, params ReadOnlySpan<string> values)
    {
        ListHeader(id, values.Length, Binary);
        foreach (var value in values)
        {
            Content(Encoding.UTF8.GetBytes(value));
        }
    }

    /// <summary>A struct as a field; <see cref="End"/> closes it.</summary>
    public void Begin(int id)
    {
        Field(id, Struct);
        Begin();
    }

    /// <summary>A struct as an element of a list, or the outermost; <see cref="End"/> closes it.</summary>
    public void Begin()
    {
        _outer.Push(_previous);
        _previous = 0;
    }

    public void End()
    {
        Byte(0);
        _previous = _outer.Pop();
    }

    /// <summary>A list of structs, each of which the caller begins and ends.</summary>
    public void StructList(int id, int count) => ListHeader(id, count, Struct);

    /// <summary>A struct without fields, as the members of Thrift's unions are.</summary>
    public void Empty(int id)
    {
        Begin(id);
        End();
    }

    private void Field(int id, int type)
    {
        Byte((id - _previous) << 4 | type);
        _previous = id;
    }

    private void ListHeader(int id, int count, int type)
    {
        Field(id, List);
        Byte(Math.Min(count, ShortListMax + 1) << 4 | type);
        if (count > ShortListMax)
        {
            VarInt((ulong)count);
        }
    }

    private void Content(ReadOnlySpan<byte> value)
    {
        VarInt((ulong)value.Length);
        target.Write(value);
    }

    private void ZigZag(long value) => VarInt((ulong)(value << 1 ^ value >> 63));

    private void VarInt(ulong value) => VarInts.Write(target, value);

    private void Byte(int value)
    {
        target.GetSpan(1)[0] = (byte)value;
        target.Advance(1);
    }
}

/// <summary>Unsigned integers in groups of seven bits, the lowest first; all but the last byte have bit 7.</summary>
internal static class VarInts
{
    private const int BytesMax = 10;

    public static void Write(IBufferWriter<byte> target, ulong value)
    {
        var bytes = target.GetSpan(BytesMax);
        var count = 0;
        while (value > 0x7F)
        {
            bytes[count++] = (byte)(value | 0x80);
            value >>= 7;
        }
        bytes[count++] = (byte)value;
        target.Advance(count);
    }
}
