using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Walks the syntax tree of one statement. Every object in it must be of a kind that is known here; a newer
/// DuckDB that adds one is refused, not trusted.</summary>
internal sealed class SyntaxCheck(AllowedFunctions functions)
{
    private static readonly FrozenSet<string> Expressions = new[]
    {
        "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
        "LAMBDA",
        "LAMBDA_REF", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
    }.ToFrozenSet();

    /// <summary>Objects without a class: queries, what stands in FROM, modifiers and details of types.</summary>
    private static readonly FrozenSet<string> Kinds = new[]
    {
        "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
        "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT",
        "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
        "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
        "DECIMAL_TYPE_INFO", "STRING_TYPE_INFO", "LIST_TYPE_INFO", "STRUCT_TYPE_INFO", "ARRAY_TYPE_INFO",
        "ENUM_TYPE_INFO",
        "UNBOUND_TYPE_INFO", "USER_TYPE_INFO", "INTEGER_LITERAL_TYPE_INFO", "GENERIC_TYPE_INFO",
    }.ToFrozenSet();

    private readonly List<TableReference> _references = [];
    private ImmutableHashSet<string> _names = [];

    public IReadOnlyList<TableReference> References => _references;

    /// <summary>Null if everything below is allowed.</summary>
    public Refusal? Visit(JsonElement element) => element.ValueKind switch
    {
        // A stack that overflows ends the process.
        _ when !RuntimeHelpers.TryEnsureSufficientExecutionStack() => SqlRefusals.TooDeep,
        JsonValueKind.Array => VisitItems(element),
        JsonValueKind.Object => VisitObject(element),
        _ => null,
    };

    private Refusal? VisitItems(JsonElement array)
    {
        foreach (var item in array.EnumerateArray())
        {
            if (Visit(item) is { } refusal)
            {
                return refusal;
            }
        }
        return null;
    }

    private Refusal? VisitObject(JsonElement element)
    {
        if (element.TryGetProperty("class", out var expression))
        {
            return Expressions.Contains(expression.GetString()!)
                ? VisitExpression(element, expression.GetString()!)
                : SqlRefusals.Unsupported(expression.GetString()!);
        }
        // The type of a constant is an object, not a name.
        if (!element.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
        {
            return VisitMembers(element);
        }
        var kind = type.GetString()!;
        return kind switch
        {
            "SHOW_REF" => SqlRefusals.NotSelect,
            _ when !Kinds.Contains(kind) => SqlRefusals.Unsupported(kind),
            "RECURSIVE_CTE_NODE" => VisitRecursion(element),
            "BASE_TABLE" => VisitTable(element, []),
            "TABLE_FUNCTION" => VisitTableFunction(element),
            "PIVOT" => VisitPivot(element),
            _ when element.TryGetProperty("cte_map", out _) => VisitQuery(element),
            _ => VisitMembers(element),
        };
    }

    private Refusal? VisitMembers(JsonElement element, params ReadOnlySpan<string> except)
    {
        foreach (var member in element.EnumerateObject())
        {
            if (!except.Contains(member.Name) && Visit(member.Value) is { } refusal)
            {
                return refusal;
            }
        }
        return null;
    }

    /// <summary>A query: each of its WITH names holds for those after it and for the rest.</summary>
    private Refusal? VisitQuery(JsonElement query)
    {
        var outer = _names;
        foreach (var entry in query.GetProperty("cte_map").GetProperty("map").EnumerateArray())
        {
            if (VisitMembers(entry.GetProperty("value")) is { } inner)
            {
                return inner;
            }
            _names = _names.Add(SqlNames.Fold(entry.GetProperty("key").GetString()!));
        }
        var refusal = VisitBody(query);
        _names = outer;
        return refusal;
    }

    private Refusal? VisitBody(JsonElement query)
    {
        if (query.TryGetProperty("from_table", out var from) && from.GetProperty("type").GetString() == "BASE_TABLE")
        {
            return VisitTable(from, ColumnFilters.Of(query, from)) ?? VisitMembers(query, "cte_map", "from_table");
        }
        return VisitMembers(query, "cte_map");
    }

    /// <summary>The part after UNION may read the query's own name; the part before it may not.</summary>
    private Refusal? VisitRecursion(JsonElement query)
    {
        if (VisitMembers(query, "right") is { } refusal)
        {
            return refusal;
        }
        var outer = _names;
        _names = _names.Add(SqlNames.Fold(query.GetProperty("cte_name").GetString()!));
        refusal = Visit(query.GetProperty("right"));
        _names = outer;
        return refusal;
    }

    private Refusal? VisitTable(JsonElement table, IReadOnlyList<ColumnFilter> filters)
    {
        var name = SqlNames.Fold(table.GetProperty("table_name").GetString()!);
        var schema = SqlNames.Fold(table.GetProperty("schema_name").GetString()!);
        var catalog = table.GetProperty("catalog_name").GetString()!;
        if (table.GetProperty("at_clause").ValueKind != JsonValueKind.Null)
        {
            return SqlRefusals.TimeTravel;
        }
        // `recurring.name` is how a recursive query with a key reads its own result.
        var isWith = catalog.Length == 0 && schema is "" or "recurring" && _names.Contains(name);
        var isOurs = catalog.Length == 0 && schema is "" or "main" or LakeTable.Namespace
            && SqlGate.TableNames.Contains(name);
        if (isWith)
        {
            return VisitMembers(table);
        }
        if (!isOurs)
        {
            string[] parts = [catalog, schema, name];
            return SqlRefusals.TableUnknown(string.Join('.', parts.Where(part => part.Length > 0)));
        }
        _references.Add(new TableReference(name, filters));
        return VisitMembers(table);
    }

    private Refusal? VisitTableFunction(JsonElement table)
    {
        var function = table.GetProperty("function");
        var name = SqlNames.Fold(function.GetProperty("function_name").GetString()!);
        return AllowedFunctions.ContainsTable(name)
            ? VisitMembers(function) ?? VisitMembers(table, "function")
            : SqlRefusals.FunctionDenied(name);
    }

    /// <summary>With a list of values only: any other form runs a second query first.</summary>
    private Refusal? VisitPivot(JsonElement pivot)
    {
        foreach (var column in pivot.GetProperty("pivots").EnumerateArray())
        {
            if (column.GetProperty("pivot_enum").GetString() is { Length: > 0 })
            {
                return SqlRefusals.Unsupported("PIVOT over a type");
            }
        }
        return VisitMembers(pivot);
    }

    private Refusal? VisitExpression(JsonElement expression, string kind)
    {
        if (kind is "FUNCTION" or "WINDOW")
        {
            var name = SqlNames.Fold(expression.GetProperty("function_name").GetString()!);
            if (!functions.Contains(name))
            {
                return SqlRefusals.FunctionDenied(name);
            }
            // EXPORT_STATE is silently wrong for count(DISTINCT …), and its results fit nothing here.
            if (expression.TryGetProperty("export_state", out var state) && state.GetBoolean())
            {
                return SqlRefusals.Unsupported("EXPORT_STATE");
            }
            if (!BoundedFunctions.IsBounded(name, expression))
            {
                return SqlRefusals.FunctionUnbounded(name);
            }
        }
        return VisitMembers(expression);
    }
}
