using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary>Lines of named facts: <c>record offset=0 events=3</c> for people and grep, or one JSON object a
/// line.</summary>
internal sealed class FactLines(TextWriter output, bool isJson)
{
    public bool IsJson { get; } = isJson;

    /// <param name="what">What the line is about: the first word, or the member <c>line</c>.</param>
    /// <param name="facts">Whole numbers and texts; an empty text is left out for people.</param>
    public void Write(string what, params ReadOnlySpan<(string Name, object Value)> facts)
    {
        if (IsJson)
        {
            WriteJson(what, facts);
            return;
        }
        var line = new StringBuilder(what);
        foreach (var (name, value) in facts)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
            if (text.Length > 0)
            {
                // Anybody may have sent it: it must not move the cursor, nor look like another fact.
                var isPlain = text.All(letter => letter is > ' ' and < '\u007f' and not '"');
                line.Append(' ').Append(name).Append('=')
                    .Append(isPlain ? text : Quoted(text));
            }
        }
        output.WriteLine(line);
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private void WriteJson(string what, ReadOnlySpan<(string Name, object Value)> facts)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("line", what);
            foreach (var (name, value) in facts)
            {
                if (value is string text)
                {
                    json.WriteString(name, text);
                }
                else
                {
                    json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                }
            }
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }
}
