using System.Collections.Frozen;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>Functions that a statement from outside may call: all that DuckDB has, less those that reach beyond the
/// values they are given.</summary>
internal sealed class AllowedFunctions
{
    /// <summary>Table functions that make rows of their arguments alone.</summary>
    private static readonly FrozenSet<string> Tables =
        new[] { "unnest", "range", "generate_series", "json_each", "json_tree" }.ToFrozenSet();

    /// <summary>By what they reach.</summary>
    private static readonly string[] Denied =
    [
        // Settings, variables, sequences, and the session itself.
        "current_setting", "getvariable", "getenv", "nextval", "currval", "setseed", "current_query",
        "current_query_id",
        "current_connection_id", "current_transaction_id", "txid_current", "in_search_path", "current_schemas",
        "get_block_size",
        // Logs and files.
        "write_log", "parse_duckdb_log_message", "read_text", "read_blob", "glob", "sniff_csv",
        // Other queries.
        "query", "query_table", "json_serialize_sql", "json_deserialize_sql", "json_serialize_plan",
        "json_execute_serialized_sql",
        // The storage below: statistics of rows one may not see, bytes taken on trust.
        "stats", "vector_type", "finalize", "combine", "variant_bytes_to_variant", "variant_to_parquet_variant",
        // Time of a thread, and nothing else.
        "sleep_ms", "pg_sleep",
    ];

    private static readonly string[] DeniedPrefixes =
        ["__internal_", "duckdb_", "pragma_", "pg_", "has_", "inet_", "read_", "parquet_", "enable_", "disable_"];

    private readonly FrozenSet<string> _scalars;

    /// <summary>Asks an instance what it has, so that an unknown name is refused here and not by the binder.</summary>
    public AllowedFunctions(Connection connection)
    {
        using var names = connection.Query(
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            + "WHERE function_type IN ('scalar', 'aggregate', 'macro')");
        _scalars = names.Rows().Select(row => (string)row[0]!).Append("unnest")
            .Where(name => !Denied.Contains(name)
                && !DeniedPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal)))
            .ToFrozenSet();
    }

    /// <param name="name">In lower case.</param>
    public bool Contains(string name) => _scalars.Contains(name);

    /// <param name="name">In lower case.</param>
    public static bool ContainsTable(string name) => Tables.Contains(name);
}
