using System.Text.Json;
using Millrace.Iceberg;

namespace Millrace.Query;

/// <summary>A statement that passed <see cref="SqlGate"/>: one SELECT over our tables, with allowed functions only.
/// Thread safe: all who ask the same share it, and whoever computes what it remembers gets the same.</summary>
/// <param name="Text">As it was sent.</param>
/// <param name="Statement">DuckDB's own syntax tree of it.</param>
/// <param name="ParameterCount">Values it needs, bound in order.</param>
/// <param name="References">Each place that reads one of our tables.</param>
internal sealed record CheckedQuery(
    string Text, JsonElement Statement, int ParameterCount, IReadOnlyList<TableReference> References)
{
    /// <summary>The SELECT that computes the constants of its filters, once one was made; never with
    /// parameters.</summary>
    public string? Constants { get; set; }

    /// <summary>What its filters ask of each reference, once it was computed, if no parameter, function or clock is in
    /// it.</summary>
    public IReadOnlyList<Predicate>? Predicates { get; set; }
}

/// <summary>One place in a query that reads a table.</summary>
/// <param name="Table">Its name in lower case.</param>
/// <param name="Filters">Every row that matters passes all of these; none: any row may matter.</param>
internal sealed record TableReference(string Table, IReadOnlyList<ColumnFilter> Filters);

/// <summary>How a column of a table compares with constants.</summary>
internal enum FilterOperator { Equal, Less, LessOrEqual, Greater, GreaterOrEqual, In }

/// <summary>A condition that a row must pass.</summary>
/// <param name="Column">In lower case; perhaps no column of the table.</param>
/// <param name="Operator">Column on the left.</param>
/// <param name="Constants">Expressions without columns; exactly one unless <see cref="FilterOperator.In"/>.</param>
internal sealed record ColumnFilter(string Column, FilterOperator Operator, IReadOnlyList<JsonElement> Constants)
{
    /// <summary>True if the constants are values as they are written, cast at most: the same in every run.</summary>
    public bool IsLiteral { get; init; }
}
