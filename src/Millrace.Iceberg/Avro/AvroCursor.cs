using System.Text;

namespace Millrace.Iceberg;

/// <summary>Reads Avro values by the file's own schema. Every length is checked against what is left.</summary>
/// <exception cref="IcebergFormatException">From every member: the bytes are damaged or of another shape.</exception>
internal sealed class AvroCursor(ReadOnlyMemory<byte> bytes, string file)
{
    private const int VarintBytesMax = 10;

    /// <summary>Schemas nest a handful of levels; damage must not turn into a stack overflow.</summary>
    private const int DepthMax = 64;

    private int _position;

    /// <summary>Location of the file the bytes are from.</summary>
    internal string File => file;

    internal int Left => bytes.Length - _position;

    internal IcebergFormatException Damage(string problem) => new(file, $"{problem} at byte {_position}");

    internal ReadOnlyMemory<byte> Take(long length)
    {
        if (length < 0 || length > Left)
        {
            throw Damage($"a length of {length} where {Left} bytes are left");
        }
        ReadOnlyMemory<byte> taken = bytes.Slice(_position, (int)length);
        _position += (int)length;
        return taken;
    }

    /// <summary>The bytes that <paramref name="read"/> reads.</summary>
    internal ReadOnlyMemory<byte> Slice(Action read)
    {
        int start = _position;
        read();
        return bytes[start.._position];
    }

    internal long Varint()
    {
        ReadOnlySpan<byte> span = bytes.Span;
        ulong value = 0;
        for (int index = 0; index < VarintBytesMax; index++)
        {
            if (_position >= span.Length)
            {
                throw Damage("the end inside a number");
            }
            byte next = span[_position++];
            value |= (ulong)(next & 0x7F) << (7 * index);
            if (next < 0x80)
            {
                return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }
        throw Damage("a number longer than ten bytes");
    }

    /// <summary>A whole number or null.</summary>
    internal long? Long(AvroType type) => Resolve(type)?.Kind switch
    {
        null => null,
        AvroKind.Int or AvroKind.Long or AvroKind.Enum => Varint(),
        AvroKind other => throw Damage($"{other} instead of a number"),
    };

    internal int? Int(AvroType type) => Long(type) switch
    {
        null => null,
        >= int.MinValue and <= int.MaxValue and { } number => (int)number,
        { } number => throw Damage($"{number} instead of a 32-bit number"),
    };

    internal bool? Boolean(AvroType type) => Resolve(type)?.Kind switch
    {
        null => null,
        AvroKind.Boolean => Take(1).Span[0] != 0,
        AvroKind other => throw Damage($"{other} instead of a boolean"),
    };

    /// <summary>Bytes, a fixed or the UTF-8 of a string; or null.</summary>
    internal byte[]? Bytes(AvroType type)
    {
        AvroType? actual = Resolve(type);
        return actual?.Kind switch
        {
            null => null,
            AvroKind.Bytes or AvroKind.String => Take(Varint()).ToArray(),
            AvroKind.Fixed => Take(actual.Size).ToArray(),
            AvroKind other => throw Damage($"{other} instead of bytes"),
        };
    }

    internal string? String(AvroType type) => Bytes(type) is { } utf8 ? Encoding.UTF8.GetString(utf8) : null;

    /// <summary>A primitive as <see cref="Bounds"/> would write it, or null.</summary>
    internal byte[]? SingleValue(AvroType type)
    {
        AvroType? actual = Resolve(type);
        switch (actual?.Kind)
        {
            case null:
                return null;
            case AvroKind.Int:
                return Bounds.Int(Int(actual)!.Value);
            case AvroKind.Long:
                return Bounds.Long(Varint());
            case AvroKind.Boolean:
                return Bounds.Boolean(Boolean(actual)!.Value);
            case AvroKind.Float:
                return Take(sizeof(float)).ToArray();
            case AvroKind.Double:
                return Take(sizeof(double)).ToArray();
            default:
                return Bytes(actual);
        }
    }

    /// <summary>Reads an array (false: null), calling back once per item.</summary>
    internal bool Array(AvroType type, Action<AvroType> item) => ArrayWhile(type, each =>
    {
        item(each);
        return true;
    });

    /// <summary>Reads an array (false: null) until a call returns false; then it stands behind that item.</summary>
    internal bool ArrayWhile(AvroType type, Func<AvroType, bool> item)
    {
        AvroType? actual = Resolve(type);
        if (actual is null)
        {
            return false;
        }
        if (actual.Kind != AvroKind.Array)
        {
            throw Damage($"{actual.Kind} instead of an array");
        }
        for (long count = BlockCount(); count != 0; count = BlockCount())
        {
            for (long index = 0; index < count; index++)
            {
                if (!item(actual.Parts[0]))
                {
                    return true;
                }
            }
        }
        return true;
    }

    /// <summary>Reads a record, calling back once per field; the callback must read or skip the value.</summary>
    internal void Record(AvroType type, Action<AvroField> field)
    {
        AvroType? actual = Resolve(type);
        if (actual?.Kind != AvroKind.Record)
        {
            throw Damage($"{actual?.Kind ?? AvroKind.Null} instead of a record");
        }
        foreach (AvroField each in actual.Fields)
        {
            field(each);
        }
    }

    internal void Skip(AvroType type, int depth = 0)
    {
        if (depth > DepthMax)
        {
            throw Damage("values nested without end");
        }
        AvroType? actual = Resolve(type);
        switch (actual?.Kind)
        {
            case AvroKind.Record:
                foreach (AvroField field in actual.Fields)
                {
                    Skip(field.Type, depth + 1);
                }
                break;
            case AvroKind.Array or AvroKind.Map:
                SkipBlocks(actual, depth);
                break;
            case AvroKind.Int or AvroKind.Long or AvroKind.Enum:
                Varint();
                break;
            case not null:
                Take(LengthOf(actual));
                break;
        }
    }

    private void SkipBlocks(AvroType type, int depth)
    {
        for (long count = BlockCount(); count != 0; count = BlockCount())
        {
            for (long index = 0; index < count; index++)
            {
                if (type.Kind == AvroKind.Map)
                {
                    Take(Varint());
                }
                Skip(type.Parts[0], depth + 1);
            }
        }
    }

    /// <summary>Bytes of a value that is not a varint; reads the length where one stands before it.</summary>
    private long LengthOf(AvroType type) => type.Kind switch
    {
        AvroKind.Boolean => 1,
        AvroKind.Float => sizeof(float),
        AvroKind.Double => sizeof(double),
        AvroKind.Fixed => type.Size,
        _ => Varint(),
    };

    /// <summary>Follows unions to the value's actual type; null if that is "null".</summary>
    private AvroType? Resolve(AvroType type)
    {
        while (type.Kind == AvroKind.Union)
        {
            long branch = Varint();
            if (branch < 0 || branch >= type.Parts.Count)
            {
                throw Damage($"branch {branch} of a union of {type.Parts.Count}");
            }
            type = type.Parts[(int)branch];
        }
        return type.Kind == AvroKind.Null ? null : type;
    }

    /// <summary>Items in the next block of an array or map; a negative
    /// count is followed by the block's bytes.</summary>
    private long BlockCount()
    {
        long count = Varint();
        if (count < 0)
        {
            Varint();
            count = -count;
        }
        // An item takes at least a byte, so a count beyond what is left is damage, not a reason to allocate.
        return count >= 0 && count <= Left ? count : throw Damage($"{count} items where {Left} bytes are left");
    }
}
