using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>Members of a JSON object that Millrace does not know and must hand on unchanged.</summary>
public sealed class UnknownKeys
{
    /// <summary>Nothing unknown.</summary>
    public static UnknownKeys None { get; } = new([]);

    private readonly IReadOnlyList<KeyValuePair<string, JsonElement>> _members;

    private UnknownKeys(IReadOnlyList<KeyValuePair<string, JsonElement>> members) => _members = members;

    /// <summary>The value of a member, or null.</summary>
    public JsonElement? Find(string name) =>
        _members.Where(member => member.Key == name).Select(member => (JsonElement?)member.Value).FirstOrDefault();

    /// <summary>True if a text is in any of the values.</summary>
    public bool Mention(string text) =>
        _members.Any(member => member.Value.GetRawText().Contains(text, StringComparison.Ordinal));

    /// <summary>The same with another value for one member, or without it.</summary>
    internal UnknownKeys With(string name, JsonElement? value)
    {
        IEnumerable<KeyValuePair<string, JsonElement>> others = _members.Where(member => member.Key != name);
        return new UnknownKeys([.. value is { } kept ? others.Append(new(name, kept)) : others]);
    }

    internal static UnknownKeys Of(JsonElement source, params ReadOnlySpan<string> known)
    {
        List<KeyValuePair<string, JsonElement>>? unknown = null;
        foreach (JsonProperty member in source.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                (unknown ??= []).Add(new(member.Name, member.Value.Clone()));
            }
        }
        return unknown is null ? None : new UnknownKeys(unknown);
    }

    internal void WriteTo(Utf8JsonWriter writer)
    {
        foreach ((string name, JsonElement value) in _members)
        {
            writer.WritePropertyName(name);
            // As it stands: half a surrogate pair can be read, but not written any other way.
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
        }
    }
}

/// <summary>JSON as a string, and strings of it.</summary>
internal static class JsonText
{
    /// <summary>Text, not HTML: quotes and non-ASCII letters stay readable.</summary>
    internal static readonly JsonWriterOptions Options =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Of(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            write(writer);
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>A member that must be a string.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    /// <exception cref="FormatException">It is null.</exception>
    internal static string Text(this JsonElement json, string name) =>
        json.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null");
}
