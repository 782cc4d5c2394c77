using System.Text.Json;

namespace Millrace.Control;

/// <summary>A value of <c>millrace.json</c> that knows its line. Comments and trailing commas are allowed.</summary>
internal sealed class SettingsNode
{
    private const int DepthMax = 32;

    private SettingsNode(JsonTokenType kind, int line) => (Kind, Line) = (kind, line);

    /// <summary>StartObject, StartArray, String, Number, True, False or Null.</summary>
    public JsonTokenType Kind { get; }

    /// <summary>1-based.</summary>
    public int Line { get; }

    /// <summary>Of a string: unescaped; of a number: as written.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Of an object, in order; a name that stands twice stands here twice.</summary>
    public List<(string Name, SettingsNode Value)> Members { get; } = [];

    public List<SettingsNode> Items { get; } = [];

    /// <summary>An object without members, for a section the file does not have.</summary>
    public static SettingsNode Missing { get; } = new(JsonTokenType.StartObject, 0);

    /// <exception cref="JsonException">This is no JSON; the exception knows the line.</exception>
    public static SettingsNode Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = DepthMax,
        });
        reader.Read();
        var root = Read(ref reader, utf8);
        reader.Read();
        return root;
    }

    private static SettingsNode Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        var line = 1 + utf8[..(int)reader.TokenStartIndex].Count((byte)'\n');
        var node = new SettingsNode(reader.TokenType, line);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    node.Members.Add((name, Read(ref reader, utf8)));
                }
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    node.Items.Add(Read(ref reader, utf8));
                }
                break;
            case JsonTokenType.String:
                node.Text = reader.GetString()!;
                break;
            case JsonTokenType.Number:
                node.Text = System.Text.Encoding.ASCII.GetString(reader.ValueSpan);
                break;
            default:
                break;
        }
        return node;
    }
}
