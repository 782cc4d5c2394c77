using System.Text.Json;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Turns the filters of a query into predicates for the planner, by letting DuckDB compute their
/// constants.</summary>
/// <remarks>
/// On the query's own connection and inside its transaction, so that <c>now()</c> is the same here and there. A filter
/// whose constant has another type than the column, fails or is NULL is left out: that costs reading, never rows.
/// </remarks>
internal static class FilterValues
{
    private const string TimeType = "TIMESTAMP WITH TIME ZONE";

    /// <returns>One predicate for each reference, in their order.</returns>
    public static IReadOnlyList<Predicate> Evaluate(
        Connection connection, CheckedQuery query, IReadOnlyList<object?> parameters)
    {
        if (query.Predicates is { } known)
        {
            return known;
        }
        var references = query.References;
        var filters = references.SelectMany(reference => reference.Filters.Select(filter => (reference, filter)))
            .Select(pair => new TypedFilter(
                FieldOf(pair.reference.Table, pair.filter.Column), pair.reference, pair.filter))
            .Where(typed => typed.Field is not null).ToList();
        if (filters.Count == 0 || Compute(connection, query, filters, parameters) is not { } values)
        {
            return [.. references.Select(_ => Predicate.All)];
        }
        var next = 0;
        var conditions = new List<(TableReference Reference, Condition Condition)>();
        foreach (var typed in filters)
        {
            var own = values.AsSpan(next, typed.Filter.Constants.Count);
            next += own.Length;
            if (ConditionOf(typed, own) is { } condition)
            {
                conditions.Add((typed.Reference, condition));
            }
        }
        IReadOnlyList<Predicate> predicates = [.. references.Select(reference => new Predicate(
            [.. conditions.Where(found => ReferenceEquals(found.Reference, reference))
                .Select(found => found.Condition)]))];
        query.Predicates = parameters.Count == 0 && filters.All(typed => typed.Filter.IsLiteral) ? predicates : null;
        return predicates;
    }

    private static Field? FieldOf(string table, string column) =>
        LakeTable.All.Single(known => known.Name == table).Schema.Find(column);

    /// <summary>All constants with their types, in one row of one query; null if DuckDB refuses any of them.</summary>
    private static Constant[]? Compute(
        Connection connection, CheckedQuery query, List<TypedFilter> filters, IReadOnlyList<object?> parameters)
    {
        try
        {
            var constants = query.Constants ?? Select(connection, filters, parameters);
            query.Constants = parameters.Count == 0 ? constants : null;
            using var result = connection.Query(constants);
            result.NextChunk(out var chunk);
            return [.. Enumerable.Range(0, result.Columns.Count / 2).Select(i => new Constant(
                result.Columns[2 * i].TypeName, chunk.Column(2 * i).IsNull(0),
                Raw(chunk.Column((2 * i) + 1), result.Columns[(2 * i) + 1].Type)))];
        }
        catch (DuckDbException)
        {
            // The query itself will fail on it, or never reach it; the failure ended the transaction.
            connection.Execute("ROLLBACK; BEGIN TRANSACTION");
            return null;
        }
    }

    private static string Select(
        Connection connection, List<TypedFilter> filters, IReadOnlyList<object?> parameters)
    {
        var tree = new ConstantTree(parameters);
        foreach (var typed in filters)
        {
            var cast = typed.Type.Kind switch
            {
                PrimitiveKind.TimestampTz => TimeType,
                PrimitiveKind.Double => "DOUBLE",
                PrimitiveKind.Long or PrimitiveKind.Int => "BIGINT",
                PrimitiveKind.Boolean => "BOOLEAN",
                _ => "VARCHAR",
            };
            foreach (var constant in typed.Filter.Constants)
            {
                tree.Add(constant, cast);
            }
        }
        using var deserialize = connection.Prepare("SELECT json_deserialize_sql(CAST(? AS JSON))");
        using var text = deserialize.Bind(1, tree.ToJson()).Execute();
        return (string)text.Rows().Single()[0]!;
    }

    private static object? Raw(Vector vector, DuckDbType type) =>
        vector.IsNull(0) ? null : type == DuckDbType.TimestampTz ? vector.Get<long>(0) : vector.Value(0);

    private static Condition? ConditionOf(TypedFilter typed, ReadOnlySpan<Constant> constants)
    {
        var values = new List<byte[]>(constants.Length);
        foreach (var constant in constants)
        {
            // x IN (1, NULL) is true exactly where x IN (1) is.
            if (typed.Filter.Operator == FilterOperator.In && constant.IsNull)
            {
                continue;
            }
            if (!Fits(typed.Type.Kind, constant.Type) || constant.Value is null
                || Encode(typed.Type, constant.Value) is not { } bytes)
            {
                return null;
            }
            values.Add(bytes);
        }
        return values.Count == 0 ? null : new Condition(typed.Field!.Id, ComparisonOf(typed.Filter.Operator), values);
    }

    /// <summary>True if DuckDB compares such a constant with such a column after the cast that was asked for
    /// here.</summary>
    private static bool Fits(PrimitiveKind column, string constantType) => column switch
    {
        PrimitiveKind.String => constantType == "VARCHAR",
        PrimitiveKind.TimestampTz => constantType is TimeType or "TIMESTAMP" or "DATE" or "VARCHAR",
        PrimitiveKind.Long or PrimitiveKind.Int => constantType is "INTEGER" or "BIGINT",
        PrimitiveKind.Double => constantType is "INTEGER" or "BIGINT" or "DOUBLE"
            || constantType.StartsWith("DECIMAL", StringComparison.Ordinal),
        PrimitiveKind.Boolean => constantType == "BOOLEAN",
        _ => false,
    };

    private static byte[]? Encode(PrimitiveType type, object value) => (type.Kind, value) switch
    {
        (PrimitiveKind.Int, long number) =>
            number is >= int.MinValue and <= int.MaxValue ? Bounds.Int((int)number) : null,
        (PrimitiveKind.Double, double.NaN) => null,
        _ => Bounds.Encode(type, value),
    };

    private static Comparison ComparisonOf(FilterOperator comparison) => comparison switch
    {
        FilterOperator.Equal => Comparison.Equal,
        FilterOperator.Less => Comparison.Less,
        FilterOperator.LessOrEqual => Comparison.LessOrEqual,
        FilterOperator.Greater => Comparison.Greater,
        FilterOperator.GreaterOrEqual => Comparison.GreaterOrEqual,
        _ => Comparison.In,
    };

    private sealed record TypedFilter(Field? Field, TableReference Reference, ColumnFilter Filter)
    {
        public PrimitiveType Type => (PrimitiveType)Field!.Type;
    }

    /// <param name="Type">Before the cast to the column's type.</param>
    /// <param name="IsNull">Before the cast.</param>
    /// <param name="Value">After it; null also where the cast failed.</param>
    private readonly record struct Constant(string Type, bool IsNull, object? Value);
}
