using System.Buffers;
using System.Text;
using System.Text.Json;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>CSV of RFC 4180 with a header line. NULL is an empty field, an empty text is <c>""</c>.</summary>
/// <remarks>Lossless: a text that a spreadsheet would take for a formula stays as it is, unless the caller asks for a
/// guard, which puts <c>'</c> before it (OWASP ASVS 1.2.10). Numbers never get one.</remarks>
internal sealed class CsvRows(bool areFormulasGuarded) : IRowFormat
{
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");
    private static readonly SearchValues<char> FormulaStarts = SearchValues.Create("=+-@\t\r\0");

    private IBufferWriter<byte>? _output;
    private IReadOnlyList<ResultColumn> _columns = [];

    public string ContentType => "text/csv; charset=utf-8; header=present";

    public long? RowsMax => null;

    public void Begin(IReadOnlyList<ResultColumn> columns, IBufferWriter<byte> output)
    {
        (_columns, _output) = (columns, output);
        for (var i = 0; i < columns.Count; i++)
        {
            Separate(i);
            Text(columns[i].Name);
        }
        _output.Write("\r\n"u8);
    }

    public void Row(Chunk chunk, int row)
    {
        for (var i = 0; i < _columns.Count; i++)
        {
            Separate(i);
            var vector = chunk.Column(i);
            if (!vector.IsNull(row))
            {
                Value(vector.Value(row)!);
            }
        }
        _output!.Write("\r\n"u8);
    }

    public void Flush()
    {
        // Every field is in the output as soon as it is written.
    }

    public void End(RowsEnd end) => Flush();

    private void Separate(int column)
    {
        if (column > 0)
        {
            _output!.Write(","u8);
        }
    }

    private void Value(object value)
    {
        if (ValueText.Number(value) is { } number && ValueText.Of(value) is null)
        {
            Encoding.UTF8.GetBytes(number, _output!);
        }
        else if (value is bool flag)
        {
            _output!.Write(flag ? "true"u8 : "false"u8);
        }
        else
        {
            Text(ValueText.Of(value) ?? Json(value));
        }
    }

    private void Text(string text)
    {
        if (areFormulasGuarded && text.Length > 0 && FormulaStarts.Contains(text[0]))
        {
            text = "'" + text;
        }
        var isQuoted = text.Length == 0 || text.AsSpan().IndexOfAny(Special) >= 0;
        Encoding.UTF8.GetBytes(
            isQuoted ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text, _output!);
    }

    private static string Json(object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonRows.WriterOptions))
        {
            ValueJson.Write(json, value);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
