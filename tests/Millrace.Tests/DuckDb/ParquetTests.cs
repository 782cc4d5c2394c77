using Millrace.DuckDb;
using Millrace.Tests.Twins;

namespace Millrace.Tests.DuckDb;

/// <summary>The way the lake writes files: field ids, metadata of its own, and statistics for the catalog.</summary>
public sealed class ParquetTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Copies_to_parquet_with_field_ids_and_metadata_and_returns_statistics()
    {
        var path = _directory.In("t.parquet");
        using var database = Database.Open(null);
        using var connection = database.Connect();
        connection.Execute("CREATE TABLE t AS SELECT i, CASE WHEN i > 5 THEN 'x' || i END AS text FROM range(10) r(i)");

        using var copied = connection.Query(
            $$"""
            COPY (FROM t) TO '{{path}}'
            (FORMAT parquet, FIELD_IDS {i: 1, text: 2}, KV_METADATA {origin: 'test'}, RETURN_STATS)
            """);
        var names = copied.Columns.Select(column => column.Name).ToList();
        copied.Columns[names.IndexOf("column_statistics")].TypeName.ShouldBe("MAP(VARCHAR, MAP(VARCHAR, VARCHAR))");
        var row = copied.Rows().Single();
        row[names.IndexOf("filename")].ShouldBe(path);
        row[names.IndexOf("count")].ShouldBe(10UL);
        row[names.IndexOf("file_size_bytes")].ShouldBe((ulong)new FileInfo(path).Length);

        var statistics = row[names.IndexOf("column_statistics")].ShouldBeOfType<Dictionary<object, object?>>();
        var text = statistics["\"text\""].ShouldBeOfType<Dictionary<object, object?>>();
        (text["null_count"], text["min"], text["max"]).ShouldBe(("6", "x6", "x9"));

        connection.Query($"SELECT name, field_id FROM parquet_schema('{path}') WHERE field_id IS NOT NULL").Rows()
            .Select(schema => (schema[0], schema[1])).ShouldBe([("i", 1L), ("text", 2L)]);
        var origin = $"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = 'origin'";
        connection.Scalar<string>(origin).ShouldBe("test");
    }
}
