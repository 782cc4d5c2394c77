using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary><c>{"columns":[…],"rows":[[…]],"truncated":…,"stats":{…}}</c></summary>
internal sealed class JsonRows(long rowsMax) : IRowFormat, IDisposable
{
    /// <summary>Nothing of it is ever inside HTML, so letters stay letters.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private Utf8JsonWriter? _json;
    private IReadOnlyList<ResultColumn> _columns = [];

    public string ContentType => "application/json";

    public long? RowsMax => rowsMax;

    private Utf8JsonWriter Json => _json!;

    public void Begin(IReadOnlyList<ResultColumn> columns, IBufferWriter<byte> output)
    {
        (_columns, _json) = (columns, new Utf8JsonWriter(output, WriterOptions));
        Json.WriteStartObject();
        Json.WriteStartArray("columns"u8);
        foreach (var column in columns)
        {
            Json.WriteStartObject();
            Json.WriteString("name"u8, column.Name);
            Json.WriteString("type"u8, column.TypeName);
            Json.WriteEndObject();
        }
        Json.WriteEndArray();
        Json.WriteStartArray("rows"u8);
    }

    public void Row(Chunk chunk, int row)
    {
        Json.WriteStartArray();
        for (var i = 0; i < _columns.Count; i++)
        {
            ValueJson.Write(Json, chunk.Column(i), row, _columns[i]);
        }
        Json.WriteEndArray();
    }

    public void Flush() => Json.Flush();

    public void End(RowsEnd end)
    {
        Json.WriteEndArray();
        Json.WriteBoolean("truncated"u8, end.IsTruncated);
        Json.WriteStartObject("stats"u8);
        Json.WriteNumber("files"u8, end.Statistics.Files);
        Json.WriteNumber("bytes"u8, end.Statistics.Bytes);
        Json.WriteNumber("ms"u8, Math.Round(end.Elapsed.TotalMilliseconds, 1));
        Json.WritePropertyName("fresh_to"u8);
        ValueJson.Write(Json, end.Statistics.FreshTo);
        Json.WriteEndObject();
        Json.WriteEndObject();
        Json.Flush();
    }

    public void Dispose() => _json?.Dispose();
}
