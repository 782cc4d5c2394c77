using System.Data.Common;
using Microsoft.Data.Sqlite;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>Tells a failing world, in three degrees, from a bug (docs/decisions/010-…).</summary>
internal static class LakeFailures
{
    /// <summary>The disk or the catalog failed at a step: the step is repeated where it was.</summary>
    public static bool MayPass(Exception exception) => exception switch
    {
        SqliteException sqlite when CatalogDamagedException.IsDamage(sqlite) => false,
        IOException or UnauthorizedAccessException or DbException or CommitUnknownException => true,
        _ => false,
    };

    /// <summary>The world failed, but repeating the step mends nothing: something durable is damaged, is newer than
    /// this program, or is not where the lake stood. The role begins anew from what is durable, after a
    /// pause.</summary>
    /// <remarks>What is in neither degree is a bug of ours, and stops the process.</remarks>
    public static bool IsOfTheWorld(Exception exception) => MayPass(exception) || exception switch
    {
        CatalogDamagedException or IcebergFormatException or IcebergUnsupportedException => true,
        StaleChangeException => true,
        IdRunException => true,
        SqliteException => true, // control.db is damaged
        // A control version that is not kept or not sound; a record or segment of a newer Millrace.
        InvalidDataException or NewerFormatException or OperatorException => true,
        DuckDbException duck => duck.Type is DuckDbErrorType.InvalidInput or DuckDbErrorType.Serialization
            or DuckDbErrorType.Fatal or DuckDbErrorType.Internal,
        _ => false,
    };
}
