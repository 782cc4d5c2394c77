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
            return Parse(document.RootElement, new Scope([], ""));
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            throw new IcebergFormatException(file, $"its Avro schema cannot be read ({problem.Message})", problem);
        }
    }

    private static AvroType Parse(JsonElement json, Scope scope)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            AvroType[] branches = [.. json.EnumerateArray().Select(branch => Parse(branch, scope))];
            return new AvroType { Kind = AvroKind.Union, Parts = branches };
        }
        if (json.ValueKind == JsonValueKind.String)
        {
            return Plain(json.GetString()!, scope);
        }
        JsonElement type = json.GetProperty("type");
        if (type.ValueKind != JsonValueKind.String)
        {
            return Parse(type, scope);
        }
        switch (type.GetString())
        {
            case "record":
                var record = new AvroType { Kind = AvroKind.Record };
                Scope inner = scope.Name(json, record);
                record.Fields =
                    [.. json.GetProperty("fields").EnumerateArray().Select(field => ParseField(field, inner))];
                return record;
            case "array":
                return new AvroType { Kind = AvroKind.Array, Parts = [Parse(json.GetProperty("items"), scope)] };
            case "map":
                return new AvroType { Kind = AvroKind.Map, Parts = [Parse(json.GetProperty("values"), scope)] };
            case "fixed":
                var bytes = new AvroType { Kind = AvroKind.Fixed, Size = json.GetProperty("size").GetInt32() };
                scope.Name(json, bytes);
                return bytes;
            case "enum":
                var symbol = new AvroType { Kind = AvroKind.Enum };
                scope.Name(json, symbol);
                return symbol;
            default:
                return Plain(type.GetString()!, scope);
        }
    }

    private static AvroField ParseField(JsonElement json, Scope scope) => new(
        json.TryGetProperty("field-id", out JsonElement id) ? id.GetInt32() : AvroField.NoId,
        Parse(json.GetProperty("type"), scope));

    private static AvroType Plain(string name, Scope scope) => name switch
    {
        "null" => new AvroType { Kind = AvroKind.Null },
        "boolean" => new AvroType { Kind = AvroKind.Boolean },
        "int" => new AvroType { Kind = AvroKind.Int },
        "long" => new AvroType { Kind = AvroKind.Long },
        "float" => new AvroType { Kind = AvroKind.Float },
        "double" => new AvroType { Kind = AvroKind.Double },
        "bytes" => new AvroType { Kind = AvroKind.Bytes },
        "string" => new AvroType { Kind = AvroKind.String },
        _ => scope.Find(name),
    };

    /// <summary>Named types seen so far, and the namespace that names without a dot belong to.</summary>
    private sealed record Scope(Dictionary<string, AvroType> Named, string Space)
    {
        /// <summary>Remembers a named type; returns the scope inside it.</summary>
        internal Scope Name(JsonElement json, AvroType type)
        {
            string name = json.Text("name");
            int dot = name.LastIndexOf('.');
            string space = dot >= 0 ? name[..dot]
                : json.TryGetProperty("namespace", out JsonElement given) ? given.GetString() ?? Space : Space;
            Named[$"{space}.{name[(dot + 1)..]}"] = type;
            return this with { Space = space };
        }

        internal AvroType Find(string name) =>
            Named.TryGetValue(name.Contains('.') ? name : $"{Space}.{name}", out AvroType? known)
            || Named.TryGetValue($".{name}", out known) ? known : throw new FormatException($"no type '{name}'");
    }
}

/// <summary>A field of a record in a file's schema, known by its Iceberg field id.</summary>
internal readonly record struct AvroField(int Id, AvroType Type)
{
    /// <summary>A field without <c>field-id</c>: nothing of Iceberg's, to be skipped.</summary>
    internal const int NoId = -1;
}
