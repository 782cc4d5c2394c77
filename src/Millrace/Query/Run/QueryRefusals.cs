using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;

namespace Millrace.Query;

/// <summary>Why a query that passed the gate has no answer. The codes are stable.</summary>
internal static class QueryRefusals
{
    public static readonly Refusal Busy =
        new(503, "query_busy", "Too many queries wait already; try again shortly.");

    /// <summary>408 as ClickHouse answers it, whose users' clients know it.</summary>
    public static Refusal Timeout(TimeSpan limit) => new(
        408, "query_timeout", string.Create(CultureInfo.InvariantCulture,
        $"The query took longer than {limit.TotalMilliseconds:0} ms: narrow it, for example by "
        + $"event_time, or raise timeout_ms."));

    /// <summary>The lake's files or its catalog are not what was committed.</summary>
    public static Refusal Damaged(string what) => new(
        500, "lake_damaged", $"{what} Run 'millrace check --deep' on the data directory: it says what to do.");

    /// <summary>The same for a file that holds rows.</summary>
    public static Refusal DamagedFile(string file, DuckDbException failure) => Damaged(
        $"The file {file} cannot be read ({failure.Message}). If it is a hot segment, its rows come again by "
        + "themselves from the log.");

    /// <summary>The statement's own fault, or the machine's.</summary>
    public static Refusal Of(DuckDbException failure) => failure.Type switch
    {
        DuckDbErrorType.Parser or DuckDbErrorType.Syntax => new(400, "sql_syntax", failure.Message),
        DuckDbErrorType.Binder or DuckDbErrorType.Catalog or DuckDbErrorType.ParameterNotResolved
            or DuckDbErrorType.ParameterNotAllowed or DuckDbErrorType.MismatchType
            => new(400, "sql_invalid", failure.Message),
        DuckDbErrorType.OutOfMemory => new(400, "query_memory",
            $"The query needs more memory or scratch space than one query may use: narrow it. {failure.Message}"),
        DuckDbErrorType.IO or DuckDbErrorType.Internal or DuckDbErrorType.Fatal or DuckDbErrorType.Permission
            => new(500, "query_failed", failure.Message),
        _ => new(400, "sql_failed", failure.Message),
    };
}

/// <summary>A query that ends without an answer, at whatever point.</summary>
internal sealed class QueryRefusedException(Refusal refusal, Exception? cause = null) : Exception(refusal.Detail, cause)
{
    public Refusal Refusal { get; } = refusal;
}
