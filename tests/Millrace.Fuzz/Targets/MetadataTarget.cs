using System.Text;
using Millrace.Iceberg;

namespace Millrace.Fuzz.Targets;

/// <summary>Table metadata: read, or refused by name; what was read and written again says the same.</summary>
internal static class MetadataTarget
{
    private const string File = "m.json";

    public static TargetRun Start() => new([.. Seeds()], Run);

    private static void Run(byte[] input)
    {
        try
        {
            var metadata = TableMetadataJson.Parse(input, File);
            Use(metadata);
            var written = TableMetadataJson.Format(metadata);
            var again = TableMetadataJson.Format(TableMetadataJson.Parse(written, File));
            FindingException.ThrowIf(!again.AsSpan().SequenceEqual(written), "It does not read what it wrote.");
        }
        catch (IcebergFormatException refused)
        {
            FindingException.ThrowIf(refused.File != File, "It names another file.");
        }
        catch (IcebergUnsupportedException)
        {
            // Sound, and beyond us.
        }
    }

    /// <summary>What everyone asks of a table.</summary>
    private static void Use(TableMetadata metadata)
    {
        _ = metadata.CurrentSnapshot;
        foreach (var field in metadata.Spec.Fields)
        {
            metadata.PartitionType(field);
        }
        foreach (var field in metadata.Schema.Fields)
        {
            metadata.FindField(field.Id);
        }
    }

    private static IEnumerable<byte[]> Seeds()
    {
        yield return Encoding.UTF8.GetBytes("""
            {"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"file:///t/",
            "last-sequence-number":2,"last-updated-ms":1602638573590,"last-column-id":9,"current-schema-id":1,
            "schemas":[{"type":"struct","schema-id":1,"fields":[{"id":1,"name":"x","required":true,"type":"long"},
            {"id":2,"name":"l","required":false,"type":{"type":"list","element-id":3,"element":"string",
            "element-required":true}},{"id":4,"name":"m","required":false,"type":{"type":"map","key-id":5,
            "key":"string","value-id":6,"value":{"type":"struct","fields":[{"id":7,"name":"y","required":false,
            "type":"decimal(9,2)"}]},"value-required":false}},{"id":8,"name":"f","required":false,"type":"fixed[16]"},
            {"id":9,"name":"v","required":false,"type":"timestamptz"}]}],"default-spec-id":0,
            "partition-specs":[{"spec-id":0,"fields":[{"name":"b","transform":"bucket[16]","source-id":1,
            "field-id":1000},{"name":"d","transform":"day","source-id":9,"field-id":1001}]}],"last-partition-id":1001,
            "default-sort-order-id":3,"sort-orders":[{"order-id":3,"fields":[{"transform":"truncate[4]","source-id":1,
            "direction":"desc","null-order":"nulls-last"}]}],"properties":{"owner":"a"},"current-snapshot-id":30,
            "snapshots":[{"snapshot-id":30,"timestamp-ms":1555100955770,"sequence-number":1,"summary":{
            "operation":"append"},"manifest-list":"file:///t/a.avro","schema-id":1,"first-row-id":5}],
            "snapshot-log":[{"snapshot-id":30,"timestamp-ms":1555100955770}],"metadata-log":[{
            "timestamp-ms":1515100,"metadata-file":"file:///t/1.json"}],"refs":{"main":{"snapshot-id":30,
            "type":"branch","min-snapshots-to-keep":4}},"statistics":[{"snapshot-id":30}],"x":{"a":[1,2,{"b":null}]}}
            """);
    }
}
