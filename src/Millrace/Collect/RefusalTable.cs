using System.Text.Json;

namespace Millrace.Collect;

/// <summary>What refused requests have in common: one row of the ledger.</summary>
/// <param name="Minute">µs since 1970, a whole minute.</param>
/// <param name="Tenant">Empty where the key was not known.</param>
internal readonly record struct RefusalRow(long Minute, string Tenant, string Source, string Route, int Status, string Code);

/// <summary>How many, and how many bytes of body had been read.</summary>
internal readonly record struct RefusalCount(long Requests, long Bytes);

/// <summary>Counts refused requests until they are written to the log. Bounded: what does not fit is counted as
/// <c>other</c>, per minute and status. Thread safe.</summary>
internal sealed class RefusalTable(int rowsMax)
{
    private const string Other = "other";

    private readonly Lock _lock = new();
    private Dictionary<RefusalRow, RefusalCount> _rows = [];

    public void Count(RefusalRow row, RefusalCount count)
    {
        lock (_lock)
        {
            if (_rows.Count >= rowsMax && !_rows.ContainsKey(row))
            {
                row = new RefusalRow(row.Minute, "", "", Other, row.Status, Other);
            }
            var before = _rows.GetValueOrDefault(row);
            _rows[row] = new RefusalCount(before.Requests + count.Requests, before.Bytes + count.Bytes);
        }
    }

    /// <summary>Everything counted so far, which is then no longer here.</summary>
    public IReadOnlyDictionary<RefusalRow, RefusalCount> Take()
    {
        lock (_lock)
        {
            var taken = _rows;
            _rows = [];
            return taken;
        }
    }

    /// <summary>Puts back what could not be written.</summary>
    public void Return(IReadOnlyDictionary<RefusalRow, RefusalCount> taken)
    {
        foreach (var (row, count) in taken)
        {
            Count(row, count);
        }
    }

    /// <summary>The body of a record of kind 3 (docs/formats/envelope.md).</summary>
    public static byte[] Body(IReadOnlyDictionary<RefusalRow, RefusalCount> rows)
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
}
