using System.Globalization;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>The view through which a query sees a table: committed and hot files together, columns as the contract
/// orders them. It is made once; which files, and of which tenant, a variable of the session says.</summary>
internal static class ViewSql
{
    /// <summary>The view, and the same under <c>millrace.events</c>, as other engines call it.</summary>
    public static string Create(LakeTable table) =>
        $"""
        CREATE VIEW {table.Name} AS SELECT {Columns(table)}
            FROM read_parquet({Shown(table)}.files, hive_partitioning = false) {OfTenant(table)};
        CREATE VIEW {LakeTable.Namespace}.{table.Name} AS SELECT * FROM main.{table.Name}
        """;

    /// <summary>What the view reads from here on in this session.</summary>
    /// <param name="files">At least one.</param>
    /// <param name="tenant">Only its rows; empty: all.</param>
    public static string Show(LakeTable table, IEnumerable<string> files, string tenant) =>
        $"SET VARIABLE {table.Name} = {{tenant: {Sql.Text(tenant)}, files: {Sql.List(files)}}}";

    /// <summary>The view in place of the usual one, for a table with committed files of several schemas: it reads them
    /// by field id. Not the usual one, because DuckDB takes 3 ms of CPU to bind a schema of 64 columns.</summary>
    /// <param name="plan">With at least one file.</param>
    public static string CreateEvolved(TablePlan plan)
    {
        var sources = new List<string>();
        if (plan.LakeFiles.Count > 0)
        {
            sources.Add($"{Sql.List(plan.LakeFiles.Keys)}, schema = {Schema(plan.Table)}");
        }
        if (plan.HotFiles.Count > 0)
        {
            sources.Add(Sql.List(plan.HotFiles));
        }
        return $"CREATE OR REPLACE VIEW {plan.Table.Name} AS " + string.Join(
            " UNION ALL ", sources.Select(source =>
                $"SELECT {Columns(plan.Table)} FROM read_parquet({source}, hive_partitioning = false) "
                + OfTenant(plan.Table)));
    }

    /// <summary>The columns and no row.</summary>
    public static string Nothing(LakeTable table) => "SELECT " + string.Join(", ", table.Schema.Fields.Select(field =>
        $"NULL::{SqlType(field)} AS {SqlNames.Quote(field.Name)}")) + " WHERE false";

    private static string Shown(LakeTable table) => $"getvariable('{table.Name}')";

    private static string OfTenant(LakeTable table) =>
        $"WHERE {Shown(table)}.tenant = '' OR tenant = {Shown(table)}.tenant";

    private static string Columns(LakeTable table) =>
        string.Join(", ", table.Schema.Fields.Select(field => SqlNames.Quote(field.Name)));

    private static string Schema(LakeTable table) => "MAP {" + string.Join(", ", table.Schema.Fields.Select(field =>
        string.Create(CultureInfo.InvariantCulture,
            $"{field.Id}: {{name: {Sql.Text(field.Name)}, type: '{SqlType(field)}', default_value: NULL}}"))) + "}";

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
