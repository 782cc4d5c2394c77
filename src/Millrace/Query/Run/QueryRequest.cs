namespace Millrace.Query;

/// <summary>A statement to run.</summary>
/// <param name="Sql">As it was sent.</param>
/// <param name="Parameters">Strings, longs, doubles, bools and nulls, bound in order.</param>
internal sealed record QueryRequest(string Sql, IReadOnlyList<object?> Parameters)
{
    /// <summary>Sees only this tenant's rows; empty: all.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Waiting for a place included; null: the default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Rows go into a Parquet file in the query's scratch directory instead of coming back.</summary>
    public bool IsIntoParquet { get; init; }
}

/// <summary>What a query read and how long it took so far.</summary>
/// <param name="Files">Files that were opened or could have been, after pruning.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="FreshTo">The greatest receive time that the query could see; null: nothing was there.</param>
internal sealed record QueryStatistics(int Files, long Bytes, DateTimeOffset? FreshTo);
