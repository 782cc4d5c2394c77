namespace Millrace.DuckDb;

/// <summary>What a column holds (<c>duckdb_type</c>); <see cref="LogicalType"/> has the rest.</summary>
public enum DuckDbType
{
    Invalid = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,

    /// <summary>Microseconds since 1970, no zone.</summary>
    Timestamp = 12,
    Date = 13,
    Time = 14,
    Interval = 15,
    HugeInt = 16,
    Varchar = 17,
    Blob = 18,
    Decimal = 19,
    TimestampS = 20,
    TimestampMs = 21,
    TimestampNs = 22,
    Enum = 23,
    List = 24,
    Struct = 25,
    Map = 26,
    Uuid = 27,
    Union = 28,
    Bit = 29,
    TimeTz = 30,

    /// <summary>Microseconds since 1970 UTC.</summary>
    TimestampTz = 31,
    UHugeInt = 32,
    Array = 33,
    BigNum = 35,
    SqlNull = 36,
    TimeNs = 39,
    Geometry = 40,
    Variant = 41,
}

/// <summary>What a prepared statement does (<c>duckdb_statement_type</c>), by DuckDB's numbers.</summary>
/// <remarks>Not a safety check: a <see cref="Select"/> may call functions that write (enable_logging).</remarks>
public enum StatementType
{
    Invalid = 0,

    /// <summary>Also DESCRIBE, SUMMARIZE, SHOW and FROM-first queries.</summary>
    Select = 1,
    Insert = 2,
    Update = 3,
    Explain = 4,
    Delete = 5,
    Prepare = 6,
    Create = 7,
    Execute = 8,
    Alter = 9,
    Transaction = 10,
    Copy = 11,
    Analyze = 12,
    VariableSet = 13,
    CreateFunction = 14,
    Drop = 15,
    Export = 16,
    Pragma = 17,
    Vacuum = 18,
    Call = 19,
    Set = 20,
    Load = 21,
    Relation = 22,
    Extension = 23,
    LogicalPlan = 24,
    Attach = 25,
    Detach = 26,
    Multi = 27,
}
