using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Millrace.Fuzz.Targets;

/// <summary>A JSON value as System.Text.Json reads it, by what it says: of members with one name the last, half a
/// surrogate pair as U+FFFD, numbers as written. Equal values have equal text.</summary>
internal sealed record Json
{
    private const int DepthMax = 1_000;

    public required JsonValueKind Kind { get; init; }

    /// <summary>Of a string what it says, of a number its digits.</summary>
    public string Text { get; init; } = "";

    public Dictionary<string, Json> Members { get; init; } = [];

    public List<Json> Items { get; init; } = [];

    public bool IsObject => Kind == JsonValueKind.Object;

    public bool IsString => Kind == JsonValueKind.String;

    public static Json Object() => new() { Kind = JsonValueKind.Object };

    /// <exception cref="JsonException">It is no JSON.</exception>
    public static Json Parse(ReadOnlySpan<byte> utf8)
    {
        using var document =
            JsonDocument.Parse(utf8.ToArray(), new JsonDocumentOptions { MaxDepth = DepthMax });
        return Of(document.RootElement);
    }

    /// <summary>A member; null where it is absent or the JSON value null.</summary>
    public Json? Find(string name) =>
        Members.TryGetValue(name, out var member) && member.Kind != JsonValueKind.Null ? member : null;

    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    private static Json Of(JsonElement element)
    {
        var value = new Json { Kind = element.ValueKind, Text = TextOf(element) };
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                value.Members[Said(JsonMarshal.GetRawUtf8PropertyName(member))] = Of(member.Value);
            }
        }
        if (element.ValueKind == JsonValueKind.Array)
        {
            value.Items.AddRange(element.EnumerateArray().Select(Of));
        }
        return value;
    }

    private static string TextOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Said(JsonMarshal.GetRawUtf8Value(element)[1..^1]),
        JsonValueKind.Number => element.GetRawText(),
        _ => "",
    };

    /// <summary>Undoes escapes in UTF-16, where half a pair can stand, and lets UTF-8 replace those.</summary>
    private static string Said(ReadOnlySpan<byte> inside)
    {
        var raw = Encoding.UTF8.GetString(inside);
        var said = new StringBuilder();
        for (var at = 0; at < raw.Length; at++)
        {
            if (raw[at] != '\\')
            {
                said.Append(raw[at]);
                continue;
            }
            at++;
            said.Append(raw[at] switch
            {
                'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t',
                'u' => (char)int.Parse(raw.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier),
                var itself => itself,
            });
            at += raw[at] == 'u' ? 4 : 0;
        }
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(said.ToString()));
    }

    private void Write(StringBuilder text)
    {
        text.Append(Kind).Append(Text.Length).Append(':').Append(Text);
        foreach (var (name, member) in Members.OrderBy(member => member.Key, StringComparer.Ordinal))
        {
            text.Append(name.Length).Append('=').Append(name);
            member.Write(text);
        }
        text.Append('[');
        Items.ForEach(item => item.Write(text));
        text.Append(']');
    }
}
