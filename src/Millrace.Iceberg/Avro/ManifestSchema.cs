namespace Millrace.Iceberg;

/// <summary>The Avro schemas of manifests and manifest lists (format v2), spelt out.</summary>
/// <remarks>Every field carries its <c>field-id</c>, every array its <c>element-id</c>, every optional field has null
/// first: PyIceberg insists. Records are never referred to by name alone: icebird cannot resolve that.</remarks>
internal static class ManifestSchema
{
    /// <summary>A manifest's schema; the partition record depends on the spec.</summary>
    internal static string Entry(TableMetadata metadata, PartitionSpec spec)
    {
        IEnumerable<string> partition = spec.Fields.Select(field =>
            Optional(field.Name, field.FieldId, PartitionType(metadata.PartitionType(field))));
        string file = Record("r2",
            Required("content", 134, "\"int\""),
            Required("file_path", 100, "\"string\""),
            Required("file_format", 101, "\"string\""),
            Required("partition", 102, Record("r102", [.. partition])),
            Required("record_count", 103, "\"long\""),
            Required("file_size_in_bytes", 104, "\"long\""),
            Optional("column_sizes", 108, Map(117, 118, "\"long\"")),
            Optional("value_counts", 109, Map(119, 120, "\"long\"")),
            Optional("null_value_counts", 110, Map(121, 122, "\"long\"")),
            Optional("nan_value_counts", 137, Map(138, 139, "\"long\"")),
            Optional("lower_bounds", 125, Map(126, 127, "\"bytes\"")),
            Optional("upper_bounds", 128, Map(129, 130, "\"bytes\"")),
            Optional("key_metadata", 131, "\"bytes\""),
            Optional("split_offsets", 132, Array(133, "\"long\"")),
            Optional("equality_ids", 135, Array(136, "\"int\"")),
            Optional("sort_order_id", 140, "\"int\""));
        return Record("manifest_entry",
            Required("status", 0, "\"int\""),
            Optional("snapshot_id", 1, "\"long\""),
            Optional("sequence_number", 3, "\"long\""),
            Optional("file_sequence_number", 4, "\"long\""),
            Required("data_file", 2, file));
    }

    /// <summary>A manifest list's schema.</summary>
    internal static string List { get; } = Record("manifest_file",
        Required("manifest_path", 500, "\"string\""),
        Required("manifest_length", 501, "\"long\""),
        Required("partition_spec_id", 502, "\"int\""),
        Required("content", 517, "\"int\""),
        Required("sequence_number", 515, "\"long\""),
        Required("min_sequence_number", 516, "\"long\""),
        Required("added_snapshot_id", 503, "\"long\""),
        Required("added_files_count", 504, "\"int\""),
        Required("existing_files_count", 505, "\"int\""),
        Required("deleted_files_count", 506, "\"int\""),
        Required("added_rows_count", 512, "\"long\""),
        Required("existing_rows_count", 513, "\"long\""),
        Required("deleted_rows_count", 514, "\"long\""),
        Optional("partitions", 507, Array(508, Record("r508",
            Required("contains_null", 509, "\"boolean\""),
            Optional("contains_nan", 518, "\"boolean\""),
            Optional("lower_bound", 510, "\"bytes\""),
            Optional("upper_bound", 511, "\"bytes\"")))),
        Optional("key_metadata", 519, "\"bytes\""));

    private static string PartitionType(PrimitiveType type) => type.Kind switch
    {
        PrimitiveKind.Boolean => "\"boolean\"",
        PrimitiveKind.Int => "\"int\"",
        PrimitiveKind.Long => "\"long\"",
        PrimitiveKind.Float => "\"float\"",
        PrimitiveKind.Double => "\"double\"",
        PrimitiveKind.String => "\"string\"",
        PrimitiveKind.Binary => "\"bytes\"",
        PrimitiveKind.Date => """{"type":"int","logicalType":"date"}""",
        PrimitiveKind.Time => """{"type":"long","logicalType":"time-micros"}""",
        PrimitiveKind.Timestamp => """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":false}""",
        PrimitiveKind.TimestampTz => """{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true}""",
        _ => throw new IcebergUnsupportedException($"Millrace does not write manifests partitioned by {type.Text}."),
    };

    private static string Required(string name, int id, string type) =>
        $$"""{"name":"{{name}}","type":{{type}},"field-id":{{id}}}""";

    private static string Optional(string name, int id, string type) =>
        $$"""{"name":"{{name}}","type":["null",{{type}}],"default":null,"field-id":{{id}}}""";

    private static string Record(string name, params string[] fields) =>
        $$"""{"type":"record","name":"{{name}}","fields":[{{string.Join(',', fields)}}]}""";

    private static string Array(int elementId, string items) =>
        $$"""{"type":"array","items":{{items}},"element-id":{{elementId}}}""";

    /// <summary>A map with int keys, which Avro has not: an array of key-value records.</summary>
    private static string Map(int keyId, int valueId, string value)
    {
        string pair =
            Record($"k{keyId}_v{valueId}", Required("key", keyId, "\"int\""), Required("value", valueId, value));
        return $$"""{"type":"array","logicalType":"map","items":{{pair}}}""";
    }
}
