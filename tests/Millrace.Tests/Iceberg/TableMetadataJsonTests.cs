using System.Text;
using System.Text.Json.Nodes;
using Millrace.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Iceberg;

public class TableMetadataJsonTests
{
    /// <summary>What another engine may have written: keys, types and transforms that are not ours.</summary>
    private const string Foreign = """
        {"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"file:///lake/t/",
         "last-sequence-number":34,"last-updated-ms":1602638573590,"last-column-id":9,"current-schema-id":1,
         "schemas":[{"type":"struct","schema-id":1,"identifier-field-ids":[1],"fields":[
            {"id":1,"name":"x","required":true,"type":"long","initial-default":7},
            {"id":2,"name":"tags","required":false,
                "type":{"type":"list","element-id":3,"element":"string","element-required":true}},
            {"id":4,"name":"m","required":false,"type":{"type":"map","key-id":5,"key":"string","value-id":6,
                "value":{"type":"struct","fields":[{"id":7,"name":"y","required":false,"type":"decimal(9,2)"}]},
                "value-required":false}},
            {"id":8,"name":"f","required":false,"type":"fixed[16]"},
            {"id":9,"name":"v","required":false,"type":"variant"}]}],
         "default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[
            {"name":"x_bucket","transform":"bucket[16]","source-id":1,"field-id":1000}]}],"last-partition-id":1000,
         "default-sort-order-id":3,"sort-orders":[{"order-id":3,"fields":[
            {"transform":"truncate[4]","source-id":1,"direction":"desc","null-order":"nulls-last"}]}],
         "properties":{"owner":"someone"},"current-snapshot-id":3055729675574597004,
         "snapshots":[{"snapshot-id":3055729675574597004,"timestamp-ms":1555100955770,"sequence-number":1,
            "summary":{"operation":"append"},"manifest-list":"file:///lake/t/metadata/a.avro","first-row-id":5}],
         "snapshot-log":[{"snapshot-id":3055729675574597004,"timestamp-ms":1555100955770}],"metadata-log":[],
         "refs":{"main":{"snapshot-id":3055729675574597004,"type":"branch","min-snapshots-to-keep":4}},
         "statistics":[{"snapshot-id":3055729675574597004,"statistics-path":"file:///lake/t/metadata/s.puffin"}],
         "some.engine":{"a":[1,2,{"b":null}]}}
        """;

    private static JsonNode Rewrite(string json) =>
        JsonNode.Parse(TableMetadataJson.Format(TableMetadataJson.Parse(Encoding.UTF8.GetBytes(json), "t")))!;

    [Fact]
    public void Everything_another_engine_wrote_survives()
    {
        JsonNode expected = JsonNode.Parse(Foreign)!;
        expected["location"] = "file:///lake/t";

        JsonNode.DeepEquals(Rewrite(Foreign), expected).ShouldBeTrue(Rewrite(Foreign).ToJsonString());
    }

    [Fact]
    public async Task Foreign_keys_survive_a_commit_of_ours()
    {
        var world = new World();
        Table table = await world.CommitAsync(World.Creation(World.Events).Append([world.DataFile(1)]));
        JsonNode json = JsonNode.Parse(world.Objects[table.MetadataLocation])!;
        json["some.engine"] = "keep";
        json["properties"]!.AsObject().Remove("millrace.checksum");
        json["refs"]!["main"]!["min-snapshots-to-keep"] = 4;
        world.Objects[table.MetadataLocation] = Encoding.UTF8.GetBytes(json.ToJsonString());

        Table after = await world.CommitAsync(new TableChange(World.Events).Append([world.DataFile(1)]));

        JsonNode written = JsonNode.Parse(world.Objects[after.MetadataLocation])!;
        ((string?)written["some.engine"]).ShouldBe("keep");
        ((int?)written["refs"]!["main"]!["min-snapshots-to-keep"]).ShouldBe(4);
    }

    [Fact]
    public void Lists_are_written_even_if_empty_and_absent_values_are_not_null()
    {
        TableMetadata metadata = new TableDefinition("file:///lake/t/", World.Schema)
            .ToMetadata(new Author(new ImpatientClock(), new Random(1), "0.1"));

        JsonObject json = JsonNode.Parse(TableMetadataJson.Format(metadata))!.AsObject();

        foreach (string list in new[] { "snapshots", "snapshot-log", "metadata-log" })
        {
            json[list]!.AsArray().Count.ShouldBe(0);
        }
        json["refs"]!.AsObject().Count.ShouldBe(0);
        json.ContainsKey("current-snapshot-id").ShouldBeFalse();
        json["sort-orders"]!.ToJsonString().ShouldBe("""[{"order-id":0,"fields":[]}]""");
        ((int?)json["last-partition-id"]).ShouldBe(999);
        ((string?)json["location"]).ShouldBe("file:///lake/t");
        metadata.Contradiction().ShouldBeNull();
    }

    [Theory]
    [InlineData("format-version", "3")]
    [InlineData("current-schema-id", "5")]
    [InlineData("default-spec-id", "5")]
    [InlineData("default-sort-order-id", "5")]
    [InlineData("last-column-id", "8")]
    [InlineData("last-sequence-number", "0")]
    [InlineData("last-updated-ms", "1")]
    [InlineData("current-snapshot-id", "5")]
    [InlineData("refs", "{}")]
    [InlineData("refs", """
        {"main":{"snapshot-id":3055729675574597004,"type":"branch"},"x":{"snapshot-id":1,"type":"tag"}}
        """)]
    [InlineData("schemas", "null")]
    [InlineData("location", "null")]
    [InlineData("table-uuid", "null")]
    [InlineData("sort-orders", """
        [{"order-id":0,"fields":[{"source-id":1,"transform":null,"direction":"asc","null-order":"nulls-first"}]}]
        """)]
    [InlineData("last-column-id", "1e99")]
    [InlineData("partition-specs", """[{"spec-id":0}]""")]
    public void Metadata_that_contradicts_itself_is_refused(string key, string value)
    {
        JsonNode json = JsonNode.Parse(Foreign)!;
        json[key] = JsonNode.Parse(value);

        Should.Throw<IcebergFormatException>(() => Rewrite(json.ToJsonString())).File.ShouldBe("t");
    }

    [Fact]
    public void A_table_that_java_wrote_empty_has_no_snapshot()
    {
        JsonNode json = JsonNode.Parse(Foreign)!;
        json["current-snapshot-id"] = -1;
        json.AsObject().Remove("refs");
        json["snapshots"] = new JsonArray();

        TableMetadataJson.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "t").CurrentSnapshot.ShouldBeNull();
    }

    /// <summary>Found by fuzzing: it was read, and written again as something else.</summary>
    [Fact]
    public void Bytes_that_are_no_utf8_are_refused_also_in_what_is_only_handed_on()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Foreign.Replace("\"statistics-path\"", "\"statistics~path\""));
        bytes[bytes.AsSpan().IndexOf((byte)'~')] = 0xEF;

        Should.Throw<IcebergFormatException>(() => TableMetadataJson.Parse(bytes, "t")).File.ShouldBe("t");
    }

    /// <summary>Found by fuzzing: it was read, and then no commit could write it again.</summary>
    [Fact]
    public void Half_a_surrogate_pair_in_a_foreign_value_is_handed_on()
    {
        string json = Foreign.Replace("[1,2,", """["\ud800",2,""");

        TableMetadata metadata = TableMetadataJson.Parse(Encoding.UTF8.GetBytes(json), "t");

        Encoding.UTF8.GetString(TableMetadataJson.Format(metadata)).ShouldContain("""["\ud800",2,""");
    }

    [Fact]
    public void Truncated_at_any_byte_it_is_refused()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Foreign.TrimEnd());
        for (int length = 0; length < bytes.Length; length += 7)
        {
            Should.Throw<IcebergFormatException>(() => TableMetadataJson.Parse(bytes.AsMemory(0, length), "t"));
        }
    }
}
