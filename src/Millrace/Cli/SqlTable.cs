using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary>Draws an answer of <c>/api/sql</c> as an aligned table; nothing is cut off.</summary>
internal static class SqlTable
{
    public static void Write(JsonElement answer, TextWriter output)
    {
        var columns = answer.GetProperty("columns").EnumerateArray()
            .Select(column => Clean(column.GetProperty("name").GetString()!)).ToArray();
        var rows = answer.GetProperty("rows").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(Text).ToArray()).ToList();
        var areNumbers = columns.Select((_, i) => answer.GetProperty("rows").EnumerateArray()
            .All(row => row[i].ValueKind is JsonValueKind.Number or JsonValueKind.Null)).ToArray();
        var widths = columns.Select((name, i) => rows.Select(row => row[i].Length).Append(name.Length).Max()).ToArray();

        Line(columns);
        output.WriteLine(string.Join("  ", widths.Select(width => new string('-', width))));
        foreach (var row in rows)
        {
            Line(row);
        }

        void Line(string[] cells) => output.WriteLine(string.Join("  ", cells.Select((cell, i) =>
            areNumbers[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>One sentence about the answer as a whole.</summary>
    public static string Summary(JsonElement answer)
    {
        var statistics = answer.GetProperty("stats");
        var count = answer.GetProperty("rows").GetArrayLength();
        var isTruncated = answer.GetProperty("truncated").GetBoolean();
        var freshTo = statistics.GetProperty("fresh_to").GetString();
        return string.Create(CultureInfo.InvariantCulture,
            $"{count} rows{(isTruncated ? " (there are more: use --format csv)" : "")}, "
            + $"{statistics.GetProperty("files").GetInt32()} files, {statistics.GetProperty("ms").GetDouble()} ms, "
            + $"{(freshTo is null ? "nothing received yet" : $"fresh to {freshTo}")}");
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "NULL",
        JsonValueKind.String => Clean(value.GetString()!),
        _ => value.GetRawText(),
    };

    /// <summary>A value may have come from anybody: it must not move the cursor or set a title.</summary>
    private static string Clean(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '\n' => clean.Append("\\n"),
                '\t' => clean.Append("\\t"),
                _ when char.IsControl(letter) => clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => clean.Append(letter),
            };
        }
        return clean.ToString();
    }
}
