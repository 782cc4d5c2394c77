using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>Shape of an Avro value.</summary>
internal enum AvroKind
{
    Null, Boolean, Int, Long, Float, Double, Bytes, String, Fixed, Enum, Record, Array, Map, Union,
}

/// <summary>A node of the schema a file brings with it.</summary>
internal sealed class AvroType
{
    internal required AvroKind Kind { get; init; }

    /// <summary>Fields of a record, in file order.</summary>
    internal IReadOnlyList<AvroField> Fields { get; set; } = [];

    /// <summary>Branches of a union; the item of an array or the value of a map as the only branch.</summary>
    internal IReadOnlyList<AvroType> Parts { get; set; } = [];

    /// <summary>Bytes of a fixed.</summary>
    internal int Size { get; init; }

    /// <summary>Reads <c>avro.schema</c>.</summary>
    /// <exception cref="IcebergFormatException">Not an Avro schema.</exception>
    internal static AvroType Parse(ReadOnlyMemory<byte> json, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Parse(document.RootElement, []);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            throw new IcebergFormatException(file, $"its Avro schema cannot be read ({problem.Message})", problem);
        }
    }

    private static AvroType Parse(JsonElement json, Dictionary<string, AvroType> named)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return new AvroType { Kind = AvroKind.Union, Parts = [.. json.EnumerateArray().Select(part => Parse(part, named))] };
        }
        if (json.ValueKind == JsonValueKind.String)
        {
            return Plain(json.GetString()!, named);
        }
        JsonElement type = json.GetProperty("type");
        if (type.ValueKind != JsonValueKind.String)
        {
            return Parse(type, named);
        }
        switch (type.GetString())
        {
            case "record":
                var record = new AvroType { Kind = AvroKind.Record };
                Name(json, named, record);
                record.Fields = [.. json.GetProperty("fields").EnumerateArray().Select(field => ParseField(field, named))];
                return record;
            case "array":
                return new AvroType { Kind = AvroKind.Array, Parts = [Parse(json.GetProperty("items"), named)] };
            case "map":
                return new AvroType { Kind = AvroKind.Map, Parts = [Parse(json.GetProperty("values"), named)] };
            case "fixed":
                int size = json.GetProperty("size").GetInt32();
                return Name(json, named, new AvroType { Kind = AvroKind.Fixed, Size = ArgumentNotNegative(size) });
            case "enum":
                return Name(json, named, new AvroType { Kind = AvroKind.Enum });
            default:
                return Plain(type.GetString()!, named);
        }
    }

    private static AvroField ParseField(JsonElement json, Dictionary<string, AvroType> named) => new(
        json.TryGetProperty("field-id", out JsonElement id) ? id.GetInt32() : AvroField.NoId,
        Parse(json.GetProperty("type"), named));

    private static AvroType Plain(string name, Dictionary<string, AvroType> named) => name switch
    {
        "null" => new AvroType { Kind = AvroKind.Null },
        "boolean" => new AvroType { Kind = AvroKind.Boolean },
        "int" => new AvroType { Kind = AvroKind.Int },
        "long" => new AvroType { Kind = AvroKind.Long },
        "float" => new AvroType { Kind = AvroKind.Float },
        "double" => new AvroType { Kind = AvroKind.Double },
        "bytes" => new AvroType { Kind = AvroKind.Bytes },
        "string" => new AvroType { Kind = AvroKind.String },
        _ => named.TryGetValue(name, out AvroType? known) ? known : throw new FormatException($"no type '{name}'"),
    };

    private static AvroType Name(JsonElement json, Dictionary<string, AvroType> named, AvroType type)
    {
        string name = json.GetProperty("name").GetString()!;
        named[name] = type;
        if (json.TryGetProperty("namespace", out JsonElement space))
        {
            named[$"{space.GetString()}.{name}"] = type;
        }
        return type;
    }

    private static int ArgumentNotNegative(int size) => size >= 0 ? size : throw new FormatException("a negative size");
}

/// <summary>A field of a record in a file's schema, known by its Iceberg field id.</summary>
internal readonly record struct AvroField(int Id, AvroType Type)
{
    /// <summary>A field without <c>field-id</c>: nothing of Iceberg's, to be skipped.</summary>
    internal const int NoId = -1;
}
