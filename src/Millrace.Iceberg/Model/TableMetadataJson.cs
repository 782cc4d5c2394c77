using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Millrace.Iceberg;

/// <summary>Metadata files, read and written. Keys we do not know survive;
/// lists are always written, even empty.</summary>
public static class TableMetadataJson
{
    /// <summary>Table property: <c>NAME:CRC</c>, the checksum of the metadata file of that name (<see
    /// cref="SealedText"/>). Another engine's file, under another name, carries it on without a meaning.</summary>
    private const string ChecksumProperty = "millrace.checksum";

    private const int FormatVersion = 2;

    /// <param name="bytes">A whole metadata file.</param>
    /// <param name="file">Its location, for messages.</param>
    /// <exception cref="IcebergFormatException">Not JSON, not v2, or contradicting itself.</exception>
    public static TableMetadata Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        // The parser looks at strings only when asked: values that are handed on unread would change on the way.
        if (!Utf8.IsValid(bytes.Span))
        {
            throw new IcebergFormatException(file, "not a metadata file (it is no valid UTF-8)");
        }
        if (!SealedText.IsSound(bytes.Span, ChecksumMark(file)))
        {
            throw new IcebergFormatException(file, "its checksum is wrong");
        }
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement json = document.RootElement;
            int version = json.GetProperty("format-version").GetInt32();
            if (version != FormatVersion)
            {
                throw new IcebergFormatException(
                    file, $"format version {version}; Millrace reads version {FormatVersion}");
            }
            TableMetadata metadata = Read(json);
            return metadata.Contradiction() is { } problem ? throw new IcebergFormatException(file, problem) : metadata;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            throw new IcebergFormatException(file, $"not a metadata file ({problem.Message})", problem);
        }
    }

    /// <summary>A whole metadata file with a checksum of its own.</summary>
    /// <param name="metadata">The content.</param>
    /// <param name="file">The location it is for.</param>
    public static byte[] Format(TableMetadata metadata, string file)
    {
        string text = Encoding.UTF8.GetString(ChecksumMark(file)) + SealedText.Blank;
        byte[] bytes = Format(
            metadata.WithProperties(new Dictionary<string, string> { [ChecksumProperty] = text }));
        SealedText.Seal(bytes, ChecksumMark(file));
        return bytes;
    }

    /// <summary>A whole metadata file.</summary>
    public static byte[] Format(TableMetadata metadata)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, JsonText.Options))
        {
            Write(writer, metadata);
        }
        return buffer.ToArray();
    }

    private static byte[] ChecksumMark(string file) => Encoding.UTF8.GetBytes(file.Split('/')[^1] + ":");

    private static TableMetadata Read(JsonElement json) => new()
    {
        TableUuid = json.Text("table-uuid"),
        Location = json.Text("location").TrimEnd('/'),
        LastSequenceNumber = json.GetProperty("last-sequence-number").GetInt64(),
        LastUpdatedMs = json.GetProperty("last-updated-ms").GetInt64(),
        LastColumnId = json.GetProperty("last-column-id").GetInt32(),
        Schemas = Each(json, "schemas", SchemaJson.Read),
        CurrentSchemaId = json.GetProperty("current-schema-id").GetInt32(),
        PartitionSpecs = Each(json, "partition-specs", PartitionSpec.Read),
        DefaultSpecId = json.GetProperty("default-spec-id").GetInt32(),
        LastPartitionId = json.GetProperty("last-partition-id").GetInt32(),
        SortOrders = Each(json, "sort-orders", SortOrder.Read),
        DefaultSortOrderId = json.GetProperty("default-sort-order-id").GetInt32(),
        Properties = Strings(json, "properties"),
        // Java wrote -1 for an empty table.
        CurrentSnapshotId = OptionalLong(json, "current-snapshot-id") is { } id and not -1 ? id : null,
        Snapshots = Each(json, "snapshots", ReadSnapshot),
        SnapshotLog = Each(json, "snapshot-log", entry => new SnapshotLogEntry(
            entry.GetProperty("timestamp-ms").GetInt64(), entry.GetProperty("snapshot-id").GetInt64())),
        MetadataLog = Each(json, "metadata-log", entry => new MetadataLogEntry(
            entry.GetProperty("timestamp-ms").GetInt64(), entry.Text("metadata-file"))),
        Refs = ReadRefs(json),
        Unknown = UnknownKeys.Of(json, "format-version", "table-uuid", "location", "last-sequence-number",
            "last-updated-ms", "last-column-id", "schemas", "current-schema-id", "partition-specs", "default-spec-id",
            "last-partition-id", "sort-orders", "default-sort-order-id", "properties", "current-snapshot-id",
            "snapshots", "snapshot-log", "metadata-log", "refs"),
    };

    private static Snapshot ReadSnapshot(JsonElement json) => new()
    {
        Id = json.GetProperty("snapshot-id").GetInt64(),
        ParentId = OptionalLong(json, "parent-snapshot-id"),
        SequenceNumber = OptionalLong(json, "sequence-number") ?? 0,
        TimestampMs = json.GetProperty("timestamp-ms").GetInt64(),
        ManifestList = json.Text("manifest-list"),
        Summary = Strings(json, "summary"),
        SchemaId = (int?)OptionalLong(json, "schema-id"),
        Unknown = UnknownKeys.Of(json, "snapshot-id", "parent-snapshot-id", "sequence-number", "timestamp-ms",
            "manifest-list", "summary", "schema-id"),
    };

    private static Dictionary<string, SnapshotRef> ReadRefs(JsonElement json) =>
        json.TryGetProperty("refs", out JsonElement refs)
            ? refs.EnumerateObject().ToDictionary(member => member.Name, member => new SnapshotRef(
                member.Value.GetProperty("snapshot-id").GetInt64(), member.Value.Text("type"))
            {
                Unknown = UnknownKeys.Of(member.Value, "snapshot-id", "type"),
            })
            : OptionalLong(json, "current-snapshot-id") is { } current and not -1
                ? new() { [TableMetadata.MainBranch] = new SnapshotRef(current, "branch") }
                : [];

    private static List<T> Each<T>(JsonElement json, string name, Func<JsonElement, T> read) =>
        json.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray().Select(read)] : [];

    private static Dictionary<string, string> Strings(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement map)
            ? map.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.ToString())
            : [];

    private static long? OptionalLong(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value.GetInt64() : null;

    private static void Write(Utf8JsonWriter writer, TableMetadata metadata)
    {
        writer.WriteStartObject();
        writer.WriteNumber("format-version", FormatVersion);
        writer.WriteString("table-uuid", metadata.TableUuid);
        writer.WriteString("location", metadata.Location);
        writer.WriteNumber("last-sequence-number", metadata.LastSequenceNumber);
        writer.WriteNumber("last-updated-ms", metadata.LastUpdatedMs);
        writer.WriteNumber("last-column-id", metadata.LastColumnId);
        WriteEach(writer, "schemas", metadata.Schemas, schema => SchemaJson.Write(writer, schema));
        writer.WriteNumber("current-schema-id", metadata.CurrentSchemaId);
        WriteEach(writer, "partition-specs", metadata.PartitionSpecs, spec => spec.Write(writer));
        writer.WriteNumber("default-spec-id", metadata.DefaultSpecId);
        writer.WriteNumber("last-partition-id", metadata.LastPartitionId);
        WriteEach(writer, "sort-orders", metadata.SortOrders, order => order.Write(writer));
        writer.WriteNumber("default-sort-order-id", metadata.DefaultSortOrderId);
        WriteStrings(writer, "properties", metadata.Properties);
        if (metadata.CurrentSnapshotId is { } current)
        {
            writer.WriteNumber("current-snapshot-id", current);
        }
        WriteRefs(writer, metadata.Refs);
        WriteEach(writer, "snapshots", metadata.Snapshots, snapshot => WriteSnapshot(writer, snapshot));
        WriteEach(writer, "snapshot-log", metadata.SnapshotLog, entry =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("timestamp-ms", entry.TimestampMs);
            writer.WriteNumber("snapshot-id", entry.SnapshotId);
            writer.WriteEndObject();
        });
        WriteEach(writer, "metadata-log", metadata.MetadataLog, entry =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("timestamp-ms", entry.TimestampMs);
            writer.WriteString("metadata-file", entry.MetadataFile);
            writer.WriteEndObject();
        });
        metadata.Unknown.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static void WriteSnapshot(Utf8JsonWriter writer, Snapshot snapshot)
    {
        writer.WriteStartObject();
        writer.WriteNumber("snapshot-id", snapshot.Id);
        if (snapshot.ParentId is { } parent)
        {
            writer.WriteNumber("parent-snapshot-id", parent);
        }
        writer.WriteNumber("sequence-number", snapshot.SequenceNumber);
        writer.WriteNumber("timestamp-ms", snapshot.TimestampMs);
        WriteStrings(writer, "summary", snapshot.Summary);
        writer.WriteString("manifest-list", snapshot.ManifestList);
        if (snapshot.SchemaId is { } schema)
        {
            writer.WriteNumber("schema-id", schema);
        }
        snapshot.Unknown.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static void WriteRefs(Utf8JsonWriter writer, IReadOnlyDictionary<string, SnapshotRef> refs)
    {
        writer.WriteStartObject("refs");
        foreach ((string name, SnapshotRef target) in refs)
        {
            writer.WriteStartObject(name);
            writer.WriteNumber("snapshot-id", target.SnapshotId);
            writer.WriteString("type", target.Type);
            target.Unknown.WriteTo(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string> map)
    {
        writer.WriteStartObject(name);
        foreach ((string key, string value) in map)
        {
            writer.WriteString(key, value);
        }
        writer.WriteEndObject();
    }

    private static void WriteEach<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (T item in items)
        {
            write(item);
        }
        writer.WriteEndArray();
    }
}
