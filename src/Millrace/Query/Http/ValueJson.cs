using System.Text.Json;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>Values as JSON, without loss: a number has all its digits, whatever its size (read them beyond 2^53 with a
/// reader that keeps them); LIST, STRUCT, MAP and JSON are JSON; the rest is text (<see cref="ValueText"/>).</summary>
internal static class ValueJson
{
    public static void Write(Utf8JsonWriter json, Vector vector, int row, ResultColumn column)
    {
        if (vector.IsNull(row))
        {
            json.WriteNullValue();
            return;
        }
        switch (column.Type)
        {
            case DuckDbType.Varchar when column.TypeName == "JSON":
                WriteJson(json, vector.Utf8(row));
                break;
            case DuckDbType.Varchar:
                json.WriteStringValue(vector.Utf8(row));
                break;
            case DuckDbType.BigInt:
                json.WriteNumberValue(vector.Get<long>(row));
                break;
            default:
                Write(json, vector.Value(row));
                break;
        }
    }

    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case IReadOnlyDictionary<string, object?> fields:
                WriteFields(json, fields.Select(field => (field.Key, field.Value)));
                break;
            case IReadOnlyDictionary<object, object?> map:
                WriteFields(json, map.Select(entry => (KeyText(entry.Key), entry.Value)));
                break;
            case object?[] items:
                json.WriteStartArray();
                foreach (var item in items)
                {
                    Write(json, item);
                }
                json.WriteEndArray();
                break;
            default:
                if (ValueText.Of(value) is { } text)
                {
                    json.WriteStringValue(text);
                }
                else
                {
                    json.WriteRawValue(ValueText.Number(value)!, skipInputValidation: true);
                }
                break;
        }
    }

    private static void WriteFields(Utf8JsonWriter json, IEnumerable<(string Name, object? Value)> fields)
    {
        json.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            Write(json, value);
        }
        json.WriteEndObject();
    }

    private static string KeyText(object key) => ValueText.Of(key) ?? ValueText.Number(key) ?? key switch
    {
        bool flag => flag ? "true" : "false",
        _ => JsonText(key),
    };

    private static string JsonText(object value)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, value);
        }
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A JSON value as it stands, unless a cast made one of text that is none.</summary>
    private static void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        try
        {
            json.WriteRawValue(text);
        }
        catch (JsonException)
        {
            json.WriteStringValue(text);
        }
    }
}
