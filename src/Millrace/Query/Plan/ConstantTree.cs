using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Query;

/// <summary>Builds the syntax tree of <c>SELECT constant, TRY_CAST(constant AS type), …</c> from parts of another, with
/// its parameters put in as constants.</summary>
internal sealed class ConstantTree(IReadOnlyList<object?> parameters)
{
    /// <summary>The tree of <c>SELECT …</c>, as json_serialize_sql writes it in DuckDB 1.5, around its list.</summary>
    private const string Before = """
        {"error":false,"statements":[{"node":{"type":"SELECT_NODE","modifiers":[],"cte_map":{"map":[]},"select_list":
        """;

    private const string After = """
        ,"from_table":{"type":"EMPTY","alias":"","sample":null,"query_location":0},"where_clause":null,
        "group_expressions":[],"group_sets":[],"aggregate_handling":"STANDARD_HANDLING","having":null,"sample":null,
        "qualify":null},"named_param_map":[]}]}
        """;

    private readonly List<(JsonElement Expression, string Type)> _items = [];

    public void Add(JsonElement expression, string castType) => _items.Add((expression, castType));

    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var (expression, type) in _items)
            {
                Copy(json, expression);
                WriteCast(json, expression, type);
            }
            json.WriteEndArray();
        }
        return Before + Encoding.UTF8.GetString(buffer.WrittenSpan) + After;
    }

    private void WriteCast(Utf8JsonWriter json, JsonElement expression, string type)
    {
        json.WriteStartObject();
        WriteKind(json, "CAST", "OPERATOR_CAST");
        json.WritePropertyName("child");
        Copy(json, expression);
        json.WritePropertyName("cast_type");
        WriteType(json, type);
        json.WriteBoolean("try_cast", true);
        json.WriteEndObject();
    }

    private void Copy(Utf8JsonWriter json, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.TryGetProperty("class", out var kind)
                && kind.GetString() == "PARAMETER":
                WriteConstant(json, parameters[int.Parse(
                    element.GetProperty("identifier").GetString()!, CultureInfo.InvariantCulture) - 1]);
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Copy(json, member.Value);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Copy(json, item);
                }
                json.WriteEndArray();
                break;
            default:
                element.WriteTo(json);
                break;
        }
    }

    private static void WriteConstant(Utf8JsonWriter json, object? value)
    {
        json.WriteStartObject();
        WriteKind(json, "CONSTANT", "VALUE_CONSTANT");
        json.WriteStartObject("value");
        json.WritePropertyName("type");
        WriteType(json, value switch
        {
            long => "BIGINT", double => "DOUBLE", bool => "BOOLEAN", null => "NULL", _ => "VARCHAR",
        });
        json.WriteBoolean("is_null", value is null);
        switch (value)
        {
            case long number: json.WriteNumber("value", number); break;
            case double number: json.WriteNumber("value", number); break;
            case bool flag: json.WriteBoolean("value", flag); break;
            case string text: json.WriteString("value", text); break;
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter json, string kind, string type)
    {
        json.WriteString("class", kind);
        json.WriteString("type", type);
        json.WriteString("alias", "");
        json.WriteNumber("query_location", 0);
    }

    private static void WriteType(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteNull("type_info");
        json.WriteEndObject();
    }
}
