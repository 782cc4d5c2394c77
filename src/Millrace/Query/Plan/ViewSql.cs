using System.Globalization;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>The view through which a query sees a table: committed and hot files together, columns as the contract
/// orders them.</summary>
internal static class ViewSql
{
    /// <param name="tenant">Only its rows; empty: all.</param>
    public static string Create(TablePlan plan, string tenant)
    {
        var columns = string.Join(", ", plan.Table.Schema.Fields.Select(field => SqlNames.Quote(field.Name)));
        var sources = new List<string>();
        if (plan.LakeFiles.Count > 0)
        {
            // By field id, which lets files of an older schema read on. Where there never was one, by name: 64 columns
            // of schema cost 3 ms of CPU each time DuckDB binds them, and it binds a view twice.
            var schema = plan.IsEvolved ? $", schema = {Schema(plan.Table)}" : "";
            sources.Add($"read_parquet({Sql.List(plan.LakeFiles.Keys)}, hive_partitioning = false{schema})");
        }
        if (plan.HotFiles.Count > 0)
        {
            sources.Add($"read_parquet({Sql.List(plan.HotFiles)}, hive_partitioning = false)");
        }
        if (sources.Count == 0)
        {
            sources.Add($"(SELECT {Nothing(plan.Table)} WHERE false)");
        }
        var where = tenant.Length == 0 ? "" : $" WHERE tenant = {Sql.Text(tenant)}";
        var selects = sources.Select(source => $"SELECT {columns} FROM {source}{where}");
        return $"CREATE VIEW {plan.Table.Name} AS {string.Join(" UNION ALL ", selects)}";
    }

    /// <summary>The same under <c>millrace.events</c>. Not made unless it is asked for: binding it costs 2 ms of
    /// CPU.</summary>
    public static string CreateQualified(TablePlan plan) =>
        $"CREATE VIEW {LakeTable.Namespace}.{plan.Table.Name} AS SELECT * FROM main.{plan.Table.Name}";

    private static string Schema(LakeTable table) => "MAP {" + string.Join(", ", table.Schema.Fields.Select(field =>
        string.Create(CultureInfo.InvariantCulture,
            $"{field.Id}: {{name: {Sql.Text(field.Name)}, type: '{SqlType(field)}', default_value: NULL}}"))) + "}";

    private static string Nothing(LakeTable table) => string.Join(", ", table.Schema.Fields.Select(field =>
        $"NULL::{SqlType(field)} AS {SqlNames.Quote(field.Name)}"));

    private static string SqlType(Field field) => ((PrimitiveType)field.Type).Kind switch
    {
        PrimitiveKind.String => "VARCHAR",
        PrimitiveKind.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        PrimitiveKind.Double => "DOUBLE",
        PrimitiveKind.Boolean => "BOOLEAN",
        PrimitiveKind.Long => "BIGINT",
        PrimitiveKind.Int => "INTEGER",
        PrimitiveKind.Binary => "BLOB",
        _ => throw new System.Diagnostics.UnreachableException($"Column {field.Name} has a type no table of ours has."),
    };
}
