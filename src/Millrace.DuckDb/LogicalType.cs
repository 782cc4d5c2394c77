using System.Globalization;

namespace Millrace.DuckDb;

/// <summary>A DuckDB type in full: what a vector of it looks like in memory and how SQL spells it. Immutable.</summary>
public sealed unsafe class LogicalType
{
    private LogicalType(DuckDbType id, string sql, DuckDbType storage)
    {
        Id = id;
        Sql = sql;
        Storage = storage;
    }

    public DuckDbType Id { get; }

    /// <summary>Ready to stand in a CAST or a column definition; names inside are quoted.</summary>
    public string Sql { get; }

    /// <summary>The integer type that carries a DECIMAL or an ENUM; else <see cref="Id"/>.</summary>
    internal DuckDbType Storage { get; }

    /// <summary>Digits behind the point of a DECIMAL.</summary>
    internal int Scale { get; private init; }

    /// <summary>Elements of each ARRAY value.</summary>
    internal int ArrayLength { get; private init; }

    /// <summary>Labels of an ENUM, field names of a STRUCT, member names of a UNION.</summary>
    internal string[] Names { get; private init; } = [];

    /// <summary>The element of a LIST or ARRAY, the (key, value) STRUCT of a MAP, the fields of a STRUCT,
    /// the members of a UNION.</summary>
    internal LogicalType[] Children { get; private init; } = [];

    /// <summary>Bytes of one value in a vector; 0 where the children alone hold it.</summary>
    internal int Width => Storage switch
    {
        DuckDbType.Boolean or DuckDbType.TinyInt or DuckDbType.UTinyInt => 1,
        DuckDbType.SmallInt or DuckDbType.USmallInt => 2,
        DuckDbType.Integer or DuckDbType.UInteger or DuckDbType.Float or DuckDbType.Date => 4,
        DuckDbType.BigInt or DuckDbType.UBigInt or DuckDbType.Double or DuckDbType.Time or DuckDbType.TimeNs
            or DuckDbType.TimeTz or DuckDbType.Timestamp or DuckDbType.TimestampS or DuckDbType.TimestampMs
            or DuckDbType.TimestampNs or DuckDbType.TimestampTz => 8,
        DuckDbType.HugeInt or DuckDbType.UHugeInt or DuckDbType.Uuid or DuckDbType.Interval
            or DuckDbType.List or DuckDbType.Map => 16,
        _ => IsText ? sizeof(NativeString) : 0,
    };

    /// <summary>Values live in other vectors than the column's own.</summary>
    internal bool IsNested => Children.Length > 0 || Id == DuckDbType.Variant;

    /// <summary>Values are <see cref="NativeString"/>s.</summary>
    internal bool IsText => Id is DuckDbType.Varchar or DuckDbType.Blob or DuckDbType.Bit or DuckDbType.BigNum
        or DuckDbType.Geometry;

    public override string ToString() => Sql;

    /// <summary>Reads a native type and frees it.</summary>
    internal static LogicalType Take(nint native)
    {
        try
        {
            var id = Native.duckdb_get_type_id(native);
            return id switch
            {
                DuckDbType.Decimal => ReadDecimal(native),
                DuckDbType.Enum => ReadEnum(native),
                DuckDbType.List => ListOf(Take(Native.duckdb_list_type_child_type(native))),
                DuckDbType.Array => ReadArray(native),
                DuckDbType.Map => ReadMap(native),
                DuckDbType.Struct => ReadStruct(native),
                DuckDbType.Union => ReadUnion(native),
                _ => new LogicalType(id, Native.Take(Native.duckdb_logical_type_get_alias(native)) ?? PlainSql(id), id),
            };
        }
        finally
        {
            Native.duckdb_destroy_logical_type(ref native);
        }
    }

    private static LogicalType ReadDecimal(nint native)
    {
        var scale = Native.duckdb_decimal_scale(native);
        var sql = $"DECIMAL({Native.duckdb_decimal_width(native)},{scale})";
        return new LogicalType(DuckDbType.Decimal, sql, Native.duckdb_decimal_internal_type(native)) { Scale = scale };
    }

    private static LogicalType ReadEnum(nint native)
    {
        var labels = new string[Native.duckdb_enum_dictionary_size(native)];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = Native.Take(Native.duckdb_enum_dictionary_value(native, (ulong)i))!;
        var sql = $"ENUM({string.Join(", ", labels.Select(label => $"'{label.Replace("'", "''")}'"))})";
        return new LogicalType(DuckDbType.Enum, sql, Native.duckdb_enum_internal_type(native)) { Names = labels };
    }

    private static LogicalType ListOf(LogicalType element) =>
        new(DuckDbType.List, $"{element.Sql}[]", DuckDbType.List) { Children = [element] };

    private static LogicalType ReadArray(nint native)
    {
        var element = Take(Native.duckdb_array_type_child_type(native));
        var length = (int)Native.duckdb_array_type_array_size(native);
        var sql = string.Create(CultureInfo.InvariantCulture, $"{element.Sql}[{length}]");
        return new LogicalType(DuckDbType.Array, sql, DuckDbType.Array) { Children = [element], ArrayLength = length };
    }

    private static LogicalType ReadMap(nint native)
    {
        var key = Take(Native.duckdb_map_type_key_type(native));
        var value = Take(Native.duckdb_map_type_value_type(native));
        return new LogicalType(DuckDbType.Map, $"MAP({key.Sql}, {value.Sql})", DuckDbType.Map)
        {
            Children = [Composite(DuckDbType.Struct, ["key", "value"], [key, value])],
        };
    }

    private static LogicalType ReadStruct(nint native)
    {
        var count = (int)Native.duckdb_struct_type_child_count(native);
        var (names, types) = (new string[count], new LogicalType[count]);
        for (var i = 0; i < count; i++)
        {
            names[i] = Native.Take(Native.duckdb_struct_type_child_name(native, (ulong)i)) ?? "";
            types[i] = Take(Native.duckdb_struct_type_child_type(native, (ulong)i));
        }
        return Composite(DuckDbType.Struct, names, types);
    }

    private static LogicalType ReadUnion(nint native)
    {
        var count = (int)Native.duckdb_union_type_member_count(native);
        var (names, types) = (new string[count], new LogicalType[count]);
        for (var i = 0; i < count; i++)
        {
            names[i] = Native.Take(Native.duckdb_union_type_member_name(native, (ulong)i)) ?? "";
            types[i] = Take(Native.duckdb_union_type_member_type(native, (ulong)i));
        }
        return Composite(DuckDbType.Union, names, types);
    }

    private static LogicalType Composite(DuckDbType id, string[] names, LogicalType[] types)
    {
        var fields = names.Zip(types, (name, type) => name.Length == 0 ? type.Sql : $"{Quote(name)} {type.Sql}");
        var sql = $"{(id == DuckDbType.Struct ? "STRUCT" : "UNION")}({string.Join(", ", fields)})";
        return new LogicalType(id, sql, id) { Names = names, Children = types };
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    private static string PlainSql(DuckDbType id) => id switch
    {
        DuckDbType.Timestamp => "TIMESTAMP",
        DuckDbType.TimestampS => "TIMESTAMP_S",
        DuckDbType.TimestampMs => "TIMESTAMP_MS",
        DuckDbType.TimestampNs => "TIMESTAMP_NS",
        DuckDbType.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckDbType.TimeTz => "TIME WITH TIME ZONE",
        DuckDbType.TimeNs => "TIME_NS",
        DuckDbType.SqlNull => "\"NULL\"",
        _ => id.ToString().ToUpperInvariant(),
    };
}
