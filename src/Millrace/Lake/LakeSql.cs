using System.Globalization;
using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Tables of the lake in DuckDB's SQL.</summary>
internal static class LakeSql
{
    /// <summary>The columns of a table, as the contract orders them.</summary>
    public static string Columns(LakeTable table) =>
        string.Join(", ", table.Schema.Fields.Select(field => Sql.Name(field.Name)));

    /// <summary>Data files of any of the table's schemas, read by field id: what a file lacks is null.</summary>
    public static string ReadByFieldId(LakeTable table, IEnumerable<string> paths) =>
        $"read_parquet({Sql.List(paths)}, schema = {ByFieldId(table)}, hive_partitioning = false)";

    public static string TypeOf(Field field) => ((PrimitiveType)field.Type).Kind switch
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

    private static string ByFieldId(LakeTable table) =>
        "MAP {" + string.Join(", ", table.Schema.Fields.Select(field => string.Create(
            CultureInfo.InvariantCulture,
            $"{field.Id}: {{name: {Sql.Text(field.Name)}, type: '{TypeOf(field)}', default_value: NULL}}"))) + "}";
}
