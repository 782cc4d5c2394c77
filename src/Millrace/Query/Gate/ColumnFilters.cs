using System.Collections.Frozen;
using System.Text.Json;

namespace Millrace.Query;

/// <summary>Finds the parts of a WHERE that compare a column of the one table in FROM with constants.</summary>
/// <remarks>Only what all rows must pass (the parts of AND) counts, and every doubt leaves a part out.</remarks>
internal static class ColumnFilters
{
    /// <summary>Beyond this a part is left out: evaluating costs more than reading saves.</summary>
    private const int ConstantsMax = 1_000;

    /// <summary>Far more than a person writes; keeps what walks these trees later off deep ones.</summary>
    private const int ConstantDepthMax = 32;

    private static readonly FrozenDictionary<string, FilterOperator> Operators = new Dictionary<string, FilterOperator>
    {
        ["COMPARE_EQUAL"] = FilterOperator.Equal,
        ["COMPARE_LESSTHAN"] = FilterOperator.Less,
        ["COMPARE_LESSTHANOREQUALTO"] = FilterOperator.LessOrEqual,
        ["COMPARE_GREATERTHAN"] = FilterOperator.Greater,
        ["COMPARE_GREATERTHANOREQUALTO"] = FilterOperator.GreaterOrEqual,
    }.ToFrozenDictionary();

    /// <summary>The same from the other side: <c>5 &lt; x</c> is <c>x &gt; 5</c>.</summary>
    private static readonly FrozenDictionary<FilterOperator, FilterOperator> Mirrored =
        new Dictionary<FilterOperator, FilterOperator>
        {
            [FilterOperator.Equal] = FilterOperator.Equal,
            [FilterOperator.Less] = FilterOperator.Greater,
            [FilterOperator.LessOrEqual] = FilterOperator.GreaterOrEqual,
            [FilterOperator.Greater] = FilterOperator.Less,
            [FilterOperator.GreaterOrEqual] = FilterOperator.LessOrEqual,
        }.ToFrozenDictionary();

    /// <summary>Expressions that hold no column, no other query and no result of a group.</summary>
    private static readonly FrozenSet<string> ConstantKinds =
        new[] { "CONSTANT", "PARAMETER", "CAST", "FUNCTION", "OPERATOR" }.ToFrozenSet();

    /// <summary>Another value at every call: what we see is not what the query will see.</summary>
    private static readonly FrozenSet<string> Volatile =
        new[] { "random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "error" }.ToFrozenSet();

    /// <param name="select">A SELECT node.</param>
    /// <param name="table">The base table in its FROM.</param>
    public static IReadOnlyList<ColumnFilter> Of(JsonElement select, JsonElement table)
    {
        // A sample is taken before WHERE, from all rows; renamed columns are not worth following.
        if (select.GetProperty("where_clause") is not { ValueKind: JsonValueKind.Object } where
            || table.GetProperty("sample").ValueKind != JsonValueKind.Null
            || table.GetProperty("column_name_alias").GetArrayLength() > 0)
        {
            return [];
        }
        var alias = table.GetProperty("alias").GetString()!;
        var tableName = SqlNames.Fold(alias.Length > 0 ? alias : table.GetProperty("table_name").GetString()!);
        var filters = new List<ColumnFilter>();
        Add(where, tableName, filters);
        return filters;
    }

    private static void Add(JsonElement part, string table, List<ColumnFilter> filters)
    {
        var kind = part.GetProperty("type").GetString()!;
        switch (part.GetProperty("class").GetString())
        {
            case "CONJUNCTION" when kind == "CONJUNCTION_AND":
                foreach (var child in part.GetProperty("children").EnumerateArray())
                {
                    Add(child, table, filters);
                }
                break;
            case "COMPARISON" when Operators.TryGetValue(kind, out var comparison):
                var (left, right) = (part.GetProperty("left"), part.GetProperty("right"));
                AddIf(left, comparison, [right]);
                AddIf(right, Mirrored[comparison], [left]);
                break;
            case "BETWEEN" when kind == "COMPARE_BETWEEN":
                AddIf(part.GetProperty("input"), FilterOperator.GreaterOrEqual, [part.GetProperty("lower")]);
                AddIf(part.GetProperty("input"), FilterOperator.LessOrEqual, [part.GetProperty("upper")]);
                break;
            case "OPERATOR" when kind == "COMPARE_IN":
                JsonElement[] items = [.. part.GetProperty("children").EnumerateArray()];
                AddIf(items[0], FilterOperator.In, items[1..]);
                break;
        }

        void AddIf(JsonElement column, FilterOperator comparison, JsonElement[] constants)
        {
            if (ColumnOf(column, table) is { } name && constants.Length <= ConstantsMax
                && constants.All(constant => IsConstant(constant, ConstantDepthMax)))
            {
                filters.Add(new ColumnFilter(name, comparison, constants)
                {
                    IsLiteral = Array.TrueForAll(constants, IsLiteral),
                });
            }
        }
    }

    private static string? ColumnOf(JsonElement expression, string table)
    {
        if (expression.GetProperty("class").GetString() != "COLUMN_REF")
        {
            return null;
        }
        var names = expression.GetProperty("column_names");
        return names.GetArrayLength() switch
        {
            1 => SqlNames.Fold(names[0].GetString()!),
            2 when SqlNames.Fold(names[0].GetString()!) == table => SqlNames.Fold(names[1].GetString()!),
            _ => null,
        };
    }

    private static bool IsConstant(JsonElement expression, int depthLeft)
    {
        var kind = expression.GetProperty("class").GetString()!;
        if (depthLeft == 0 || !ConstantKinds.Contains(kind)
            || (kind == "FUNCTION"
                && Volatile.Contains(SqlNames.Fold(expression.GetProperty("function_name").GetString()!))))
        {
            return false;
        }
        return (!expression.TryGetProperty("child", out var child) || IsConstant(child, depthLeft - 1))
            && (!expression.TryGetProperty("children", out var children)
                || children.EnumerateArray().All(item => IsConstant(item, depthLeft - 1)));
    }

    /// <remarks>DuckDB has no text that a cast would turn into the time of day, as 'now' is elsewhere.</remarks>
    private static bool IsLiteral(JsonElement expression) => expression.GetProperty("class").GetString() switch
    {
        "CONSTANT" => true,
        "CAST" => expression.GetProperty("child").GetProperty("class").GetString() == "CONSTANT",
        _ => false,
    };
}
