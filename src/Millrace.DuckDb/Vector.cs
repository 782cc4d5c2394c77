using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Millrace.DuckDb;

/// <summary>One column of the rows a <see cref="Chunk"/> shows. Hot path, except <see cref="Value"/>.</summary>
/// <remarks>
/// Reads native memory in place: a row outside the chunk is refused, also after the result moved on or was disposed.
/// Every member throws <see cref="ArgumentOutOfRangeException"/> for such a row.
/// </remarks>
public sealed unsafe class Vector
{
    // Keeps the native memory alive for a caller who holds only a vector of it.
    private readonly Result _owner;
    private readonly LogicalType _type;
    private readonly int _width;
    private readonly Vector[] _children;
    private readonly Vector? _tag;
    private byte* _data;
    private ulong* _validity;
    private int _rows;

    internal Vector(Result owner, LogicalType type)
        : this(owner, type, type.Width)
    {
        _children = Array.ConvertAll(type.Children, child => new Vector(owner, child));
        if (type.Id == DuckDbType.Union) _tag = new Vector(owner, type, width: 1);
    }

    private Vector(Result owner, LogicalType type, int width)
    {
        _owner = owner;
        _type = type;
        _width = width;
        _children = [];
    }

    public bool IsNull(int row)
    {
        Check(row);
        return _validity is not null && (_validity[row >> 6] & (1ul << (row & 63))) == 0;
    }

    /// <summary>The value as DuckDB stores it: TIMESTAMPs as <see cref="long"/>, DATE as <see cref="int"/> days, and so
    /// on. Undefined for NULL.</summary>
    /// <exception cref="InvalidCastException">Values of this column have another size.</exception>
    public T Get<T>(int row)
        where T : unmanaged
    {
        Check(row);
        if (sizeof(T) != _width) throw new InvalidCastException($"{typeof(T).Name} does not hold a {_type.Sql}.");
        var value = Unsafe.ReadUnaligned<T>(_data + ((long)row * sizeof(T)));
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>The bytes of a VARCHAR (UTF-8) or BLOB, in place: gone with the chunk. Empty for NULL.</summary>
    /// <exception cref="InvalidCastException">The column is neither text nor bytes.</exception>
    public ReadOnlySpan<byte> Utf8(int row)
    {
        if (!_type.IsText) throw new InvalidCastException($"{_type.Sql} holds no text.");
        return IsNull(row) ? default : NativeString.Bytes((NativeString*)_data + row);
    }

    /// <summary>The value as a .NET object; null for NULL.</summary>
    /// <remarks>
    /// The type that holds the value without loss: integers by size up to <see cref="Int128"/>, BIGNUM as
    /// <see cref="System.Numerics.BigInteger"/>, DECIMAL as <see cref="decimal"/>, DATE, TIME and TIMESTAMP as
    /// <see cref="DateOnly"/>, <see cref="TimeOnly"/>, <see cref="DateTime"/> (no kind) and, with time zone,
    /// <see cref="DateTimeOffset"/> in UTC; text where these do not reach (infinity, years before 1 or after 9999,
    /// nanoseconds, 24:00, 29 digits). INTERVAL is an <see cref="Interval"/>, UUID a <see cref="Guid"/>, BLOB bytes,
    /// LIST and ARRAY an object array, STRUCT a dictionary by field name (an object array if unnamed), MAP a dictionary
    /// by key, UNION its member's value; ENUM, BIT and TIME WITH TIME ZONE are text.
    /// </remarks>
    /// <exception cref="NotSupportedException">VARIANT and GEOMETRY: cast them in the query.</exception>
    public object? Value(int row)
    {
        if (IsNull(row)) return null;
        return _type.Id switch
        {
            DuckDbType.Boolean => Get<byte>(row) != 0,
            DuckDbType.TinyInt => Get<sbyte>(row),
            DuckDbType.SmallInt => Get<short>(row),
            DuckDbType.Integer => Get<int>(row),
            DuckDbType.BigInt => Get<long>(row),
            DuckDbType.HugeInt => Get<Int128>(row),
            DuckDbType.UTinyInt => Get<byte>(row),
            DuckDbType.USmallInt => Get<ushort>(row),
            DuckDbType.UInteger => Get<uint>(row),
            DuckDbType.UBigInt => Get<ulong>(row),
            DuckDbType.UHugeInt => Get<UInt128>(row),
            DuckDbType.Float => Get<float>(row),
            DuckDbType.Double => Get<double>(row),
            DuckDbType.Decimal => Scalars.Decimal(Integer(row), _type.Scale),
            DuckDbType.BigNum => Scalars.BigNum(Utf8(row)),
            DuckDbType.Varchar => Encoding.UTF8.GetString(Utf8(row)),
            DuckDbType.Enum => _type.Names[(int)Integer(row)],
            DuckDbType.Blob => Utf8(row).ToArray(),
            DuckDbType.Bit => Scalars.Bits(Utf8(row)),
            DuckDbType.Uuid => Scalars.Uuid(Get<UInt128>(row)),
            DuckDbType.Date => Calendar.Date(Get<int>(row)),
            DuckDbType.Time => Calendar.Time(Get<long>(row), Calendar.MicrosPerSecond),
            DuckDbType.TimeNs => Calendar.Time(Get<long>(row), Calendar.NanosPerSecond),
            DuckDbType.TimeTz => Calendar.TimeTz(Get<ulong>(row)),
            DuckDbType.Timestamp => Calendar.Timestamp(Get<long>(row), Calendar.MicrosPerSecond),
            DuckDbType.TimestampS => Calendar.Timestamp(Get<long>(row), 1),
            DuckDbType.TimestampMs => Calendar.Timestamp(Get<long>(row), Calendar.MillisPerSecond),
            DuckDbType.TimestampNs => Calendar.Timestamp(Get<long>(row), Calendar.NanosPerSecond),
            DuckDbType.TimestampTz => Calendar.TimestampTz(Get<long>(row)),
            DuckDbType.Interval => Get<Interval>(row),
            DuckDbType.List => List(row),
            DuckDbType.Array => _children[0].Slice(row * _type.ArrayLength, _type.ArrayLength),
            DuckDbType.Map => Map(row),
            DuckDbType.Struct => Struct(row),
            DuckDbType.Union => _children[_tag!.Get<byte>(row)].Value(row),
            _ => throw new NotSupportedException($"{_type.Sql} has no .NET value: cast it in the query."),
        };
    }

    /// <summary>Shows a native vector; 0 with no rows for none.</summary>
    internal void PointAt(nint vector, int rows)
    {
        _rows = rows;
        _data = rows == 0 ? null : Native.duckdb_vector_get_data(vector);
        _validity = rows == 0 ? null : Native.duckdb_vector_get_validity(vector);
        if (_children.Length == 0) return;

        if (rows == 0)
        {
            _tag?.PointAt(0, 0);
            foreach (var child in _children) child.PointAt(0, 0);
            return;
        }
        switch (_type.Id)
        {
            case DuckDbType.List or DuckDbType.Map:
                var elements = checked((int)Native.duckdb_list_vector_get_size(vector));
                _children[0].PointAt(Native.duckdb_list_vector_get_child(vector), elements);
                break;
            case DuckDbType.Array:
                _children[0].PointAt(Native.duckdb_array_vector_get_child(vector), checked(rows * _type.ArrayLength));
                break;
            default:
                // A UNION is a STRUCT whose first field is the tag.
                var tags = _tag is null ? 0ul : 1ul;
                _tag?.PointAt(Native.duckdb_struct_vector_get_child(vector, 0), rows);
                for (var i = 0; i < _children.Length; i++)
                    _children[i].PointAt(Native.duckdb_struct_vector_get_child(vector, (ulong)i + tags), rows);
                break;
        }
    }

    private void Check(int row)
    {
        if ((uint)row >= (uint)_rows) ThrowOutside(row);
    }

    private void ThrowOutside(int row) => throw new ArgumentOutOfRangeException(
        nameof(row), row, string.Create(CultureInfo.InvariantCulture, $"The chunk shows {_rows} rows."));

    private Int128 Integer(int row) => _type.Storage switch
    {
        DuckDbType.SmallInt => Get<short>(row),
        DuckDbType.Integer => Get<int>(row),
        DuckDbType.BigInt => Get<long>(row),
        DuckDbType.UTinyInt => Get<byte>(row),
        DuckDbType.USmallInt => Get<ushort>(row),
        DuckDbType.UInteger => Get<uint>(row),
        _ => Get<Int128>(row),
    };

    private object?[] List(int row)
    {
        var entry = Get<ListEntry>(row);
        return _children[0].Slice((int)entry.Offset, (int)entry.Length);
    }

    private object?[] Slice(int start, int length)
    {
        var values = new object?[length];
        for (var i = 0; i < length; i++) values[i] = Value(start + i);
        return values;
    }

    private Dictionary<object, object?> Map(int row)
    {
        var entry = Get<ListEntry>(row);
        var (keys, values) = (_children[0]._children[0], _children[0]._children[1]);
        var map = new Dictionary<object, object?>((int)entry.Length);
        var end = (int)(entry.Offset + entry.Length);
        for (var i = (int)entry.Offset; i < end; i++) map.Add(keys.Value(i)!, values.Value(i));
        return map;
    }

    private object Struct(int row)
    {
        if (_type.Names[0].Length == 0) return Array.ConvertAll(_children, child => child.Value(row));
        var fields = new Dictionary<string, object?>(_children.Length);
        for (var i = 0; i < _children.Length; i++) fields.Add(_type.Names[i], _children[i].Value(row));
        return fields;
    }

    private readonly record struct ListEntry(ulong Offset, ulong Length);
}
