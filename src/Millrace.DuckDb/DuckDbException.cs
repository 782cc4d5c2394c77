namespace Millrace.DuckDb;

/// <summary>DuckDB refused or failed a call. The connection stays usable, but for <see cref="DuckDbErrorType.Fatal"/>.
/// </summary>
/// <remarks>Decide by <see cref="Type"/>, never by the message: that is DuckDB's wording.</remarks>
public sealed class DuckDbException(string message, DuckDbErrorType type) : Exception(message)
{
    public DuckDbErrorType Type { get; } = type;

    /// <summary>For the calls of the C API that answer a message only: its first words name the type.</summary>
    internal static DuckDbException FromMessage(string message) => new(message, TypeOf(message));

    private static DuckDbErrorType TypeOf(string message)
    {
        var end = message.IndexOf(" Error:", StringComparison.Ordinal);
        if (end < 0) return DuckDbErrorType.Invalid;
        return message[..end] switch
        {
            "TransactionContext" => DuckDbErrorType.Transaction,
            "Extension Autoloading" => DuckDbErrorType.Autoload,
            var words => Enum.TryParse<DuckDbErrorType>(words.Replace(" ", ""), ignoreCase: true, out var type)
                ? type
                : DuckDbErrorType.Invalid,
        };
    }
}

/// <summary>The kinds of failure DuckDB tells apart (<c>duckdb_error_type</c>), by its numbers.</summary>
public enum DuckDbErrorType
{
    /// <summary>No kind was given.</summary>
    Invalid = 0,
    OutOfRange = 1,
    Conversion = 2,
    UnknownType = 3,
    Decimal = 4,
    MismatchType = 5,
    DivideByZero = 6,
    ObjectSize = 7,
    InvalidType = 8,
    Serialization = 9,
    Transaction = 10,
    NotImplemented = 11,
    Expression = 12,
    Catalog = 13,
    Parser = 14,
    Planner = 15,
    Scheduler = 16,
    Executor = 17,
    Constraint = 18,
    Index = 19,
    Stat = 20,
    Connection = 21,
    Syntax = 22,
    Settings = 23,
    Binder = 24,
    Network = 25,
    Optimizer = 26,
    NullPointer = 27,
    IO = 28,
    Interrupt = 29,

    /// <summary>The database refuses all further work: close and open it again.</summary>
    Fatal = 30,

    /// <summary>A bug in DuckDB.</summary>
    Internal = 31,
    InvalidInput = 32,
    OutOfMemory = 33,
    Permission = 34,
    ParameterNotResolved = 35,
    ParameterNotAllowed = 36,
    Dependency = 37,
    Http = 38,
    MissingExtension = 39,
    Autoload = 40,
    Sequence = 41,
    InvalidConfiguration = 42,
}
