using System.Text.Json;

namespace Millrace.Events;

/// <summary>What refused requests have in common: one row of the ledger.</summary>
/// <param name="Minute">µs since 1970, a whole minute.</param>
/// <param name="Tenant">Empty where the key was not known.</param>
internal readonly record struct RefusalRow(
    long Minute, string Tenant, string Source, string Route, int Status, string Code);

/// <summary>How many, and how many bytes of body had been read.</summary>
internal readonly record struct RefusalCount(long Requests, long Bytes);

/// <summary>The body of a refusals record: what was refused in a minute (docs/formats/envelope.md).</summary>
internal static class Refusals
{
    public static byte[] Write(IReadOnlyDictionary<RefusalRow, RefusalCount> rows)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var (row, count) in rows)
            {
                json.WriteStartObject();
                json.WriteNumber("minute"u8, row.Minute);
                json.WriteString("tenant"u8, row.Tenant);
                json.WriteString("source"u8, row.Source);
                json.WriteString("route"u8, row.Route);
                json.WriteNumber("status"u8, row.Status);
                json.WriteString("code"u8, row.Code);
                json.WriteNumber("requests"u8, count.Requests);
                json.WriteNumber("bytes"u8, count.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return buffer.ToArray();
    }

    public static IEnumerable<(RefusalRow Row, RefusalCount Count)> Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        using var json = JsonDocument.ParseValue(ref reader);
        return [.. json.RootElement.EnumerateArray().Select(row => (
            new RefusalRow(
                row.GetProperty("minute"u8).GetInt64(), row.GetProperty("tenant"u8).GetString()!,
                row.GetProperty("source"u8).GetString()!, row.GetProperty("route"u8).GetString()!,
                row.GetProperty("status"u8).GetInt32(), row.GetProperty("code"u8).GetString()!),
            new RefusalCount(row.GetProperty("requests"u8).GetInt64(), row.GetProperty("bytes"u8).GetInt64())))];
    }
}
