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
        CREATE VIEW {table.Name} AS SELECT {LakeSql.Columns(table)}
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
            sources.Add(LakeSql.ReadByFieldId(plan.Table, plan.LakeFiles.Keys));
        }
        if (plan.HotFiles.Count > 0)
        {
            sources.Add($"read_parquet({Sql.List(plan.HotFiles)}, hive_partitioning = false)");
        }
        return $"CREATE OR REPLACE VIEW {plan.Table.Name} AS " + string.Join(
            " UNION ALL ", sources.Select(source =>
                $"SELECT {LakeSql.Columns(plan.Table)} FROM {source} {OfTenant(plan.Table)}"));
    }

    /// <summary>The columns and no row.</summary>
    public static string Nothing(LakeTable table) => "SELECT " + string.Join(", ", table.Schema.Fields.Select(field =>
        $"NULL::{LakeSql.TypeOf(field)} AS {Sql.Name(field.Name)}")) + " WHERE false";

    private static string Shown(LakeTable table) => $"getvariable('{table.Name}')";

    private static string OfTenant(LakeTable table) =>
        $"WHERE {Shown(table)}.tenant = '' OR tenant = {Shown(table)}.tenant";
}
