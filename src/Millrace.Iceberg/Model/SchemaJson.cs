using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>Schemas as JSON, in table metadata, manifest headers and Parquet footers.</summary>
internal static class SchemaJson
{
    internal static Schema Read(JsonElement json) =>
        new(json.TryGetProperty("schema-id", out JsonElement id) ? id.GetInt32() : 0, ReadFields(json))
        {
            Unknown = UnknownKeys.Of(json, "type", "schema-id", "fields"),
        };

    internal static void Write(Utf8JsonWriter writer, Schema schema)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "struct");
        writer.WriteNumber("schema-id", schema.Id);
        schema.Unknown.WriteTo(writer);
        WriteFields(writer, schema.Fields);
        writer.WriteEndObject();
    }

    private static List<Field> ReadFields(JsonElement json) =>
        [.. json.GetProperty("fields").EnumerateArray().Select(ReadField)];

    private static Field ReadField(JsonElement json) => new(
        json.GetProperty("id").GetInt32(),
        json.Text("name"),
        ReadType(json.GetProperty("type")),
        json.GetProperty("required").GetBoolean(),
        json.TryGetProperty("doc", out JsonElement doc) ? doc.GetString() : null)
    {
        Unknown = UnknownKeys.Of(json, "id", "name", "type", "required", "doc"),
    };

    private static FieldType ReadType(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
        {
            return FieldType.Parse(json.GetString()!);
        }
        return json.GetProperty("type").GetString() switch
        {
            "struct" => new StructType(ReadFields(json)),
            "list" => new ListType(new NestedField(json.GetProperty("element-id").GetInt32(),
                ReadType(json.GetProperty("element")), json.GetProperty("element-required").GetBoolean())),
            "map" => new MapType(
                new NestedField(json.GetProperty("key-id").GetInt32(), ReadType(json.GetProperty("key")), true),
                new NestedField(json.GetProperty("value-id").GetInt32(), ReadType(json.GetProperty("value")),
                    json.GetProperty("value-required").GetBoolean())),
            string other => throw new FormatException($"'{other}' is not a nested type"),
            null => throw new FormatException("a nested type without a type"),
        };
    }

    private static void WriteFields(Utf8JsonWriter writer, IReadOnlyList<Field> fields)
    {
        writer.WriteStartArray("fields");
        foreach (Field field in fields)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", field.Id);
            writer.WriteString("name", field.Name);
            writer.WriteBoolean("required", field.IsRequired);
            writer.WritePropertyName("type");
            WriteType(writer, field.Type);
            if (field.Doc is not null)
            {
                writer.WriteString("doc", field.Doc);
            }
            field.Unknown.WriteTo(writer);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteType(Utf8JsonWriter writer, FieldType type)
    {
        if (type is PrimitiveType primitive)
        {
            writer.WriteStringValue(primitive.Text);
            return;
        }
        writer.WriteStartObject();
        switch (type)
        {
            case StructType nested:
                writer.WriteString("type", "struct");
                WriteFields(writer, nested.Fields);
                break;
            case ListType list:
                writer.WriteString("type", "list");
                WriteNested(writer, "element", list.Element);
                writer.WriteBoolean("element-required", list.Element.IsRequired);
                break;
            case MapType map:
                writer.WriteString("type", "map");
                WriteNested(writer, "key", map.Key);
                WriteNested(writer, "value", map.Value);
                writer.WriteBoolean("value-required", map.Value.IsRequired);
                break;
        }
        writer.WriteEndObject();
    }

    private static void WriteNested(Utf8JsonWriter writer, string role, NestedField field)
    {
        writer.WriteNumber($"{role}-id", field.Id);
        writer.WritePropertyName(role);
        WriteType(writer, field.Type);
    }
}
