using System.Buffers;
using System.Text.Json;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>One JSON object a row. A name that repeats gets <c>_1</c>, <c>_2</c> … as DuckDB would.</summary>
internal sealed class NdjsonRows : IRowFormat, IDisposable
{
    private Utf8JsonWriter? _json;
    private IBufferWriter<byte>? _output;
    private IReadOnlyList<ResultColumn> _columns = [];
    private JsonEncodedText[] _names = [];

    public string ContentType => "application/x-ndjson";

    public long? RowsMax => null;

    public void Begin(IReadOnlyList<ResultColumn> columns, IBufferWriter<byte> output)
    {
        (_columns, _output, _json) = (columns, output, new Utf8JsonWriter(output, JsonRows.WriterOptions));
        _names = [.. Unique(columns).Select(name => JsonEncodedText.Encode(name, JsonRows.WriterOptions.Encoder))];
    }

    public void Row(Chunk chunk, int row)
    {
        var json = _json!;
        json.WriteStartObject();
        for (var i = 0; i < _columns.Count; i++)
        {
            json.WritePropertyName(_names[i]);
            ValueJson.Write(json, chunk.Column(i), row, _columns[i]);
        }
        json.WriteEndObject();
        json.Flush();
        json.Reset();
        _output!.Write("\n"u8);
    }

    public void Flush() => _json!.Flush();

    public void End(RowsEnd end) => Flush();

    public void Dispose() => _json?.Dispose();

    private static IEnumerable<string> Unique(IReadOnlyList<ResultColumn> columns)
    {
        var taken = columns.Select(column => column.Name).ToHashSet();
        var seen = new HashSet<string>();
        foreach (var column in columns)
        {
            var name = column.Name;
            for (var i = 1; !seen.Add(name); i++)
            {
                name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{column.Name}_{i}");
                name = taken.Contains(name) ? column.Name : name;
            }
            yield return name;
        }
    }
}
