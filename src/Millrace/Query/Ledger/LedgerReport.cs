using System.Text.Json;

namespace Millrace.Query;

/// <summary>Minute and tenant of a <see cref="LedgerLine"/>.</summary>
internal readonly record struct LedgerKey(DateTimeOffset Minute, string Tenant);

/// <summary>Events in records at or past a position, by what their headers say.</summary>
internal readonly record struct PendingEvents(DateTimeOffset Minute, string Tenant, long Events);

/// <summary>What the log holds at or past a position.</summary>
internal sealed record PendingLog(IReadOnlyList<PendingEvents> Events)
{
    /// <summary>False: some of it could not be read: damaged, or released when the lake had passed it.</summary>
    public bool IsWhole { get; init; } = true;
}

/// <summary>The ledger of a period: its lines, up to a bound, and their total, which has none.</summary>
internal sealed class LedgerReport(int linesMax)
{
    private readonly Dictionary<LedgerKey, LedgerLine> _lines = [];

    public LedgerLine Total { get; } = new();

    public bool IsTruncated { get; private set; }

    /// <summary>By minute, then tenant.</summary>
    public IEnumerable<(LedgerKey Key, LedgerLine Line)> Lines => _lines
        .OrderBy(line => line.Key.Minute).ThenBy(line => line.Key.Tenant, StringComparer.Ordinal)
        .Select(line => (line.Key, line.Value));

    public void Add(LedgerKey key, (string Outcome, string Reason, long Events) increment)
    {
        Total.Add(increment.Outcome, increment.Reason, increment.Events);
        LineOf(key)?.Add(increment.Outcome, increment.Reason, increment.Events);
    }

    public void AddPending(PendingEvents pending)
    {
        Total.AddPending(pending.Events);
        LineOf(new LedgerKey(pending.Minute, pending.Tenant))?.AddPending(pending.Events);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("minutes"u8);
        foreach (var (key, line) in Lines)
        {
            json.WriteStartObject();
            json.WriteString("minute"u8, ValueText.Of(key.Minute));
            json.WriteString("tenant"u8, key.Tenant);
            Write(json, line);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("total"u8);
        Write(json, Total);
        json.WriteEndObject();
        json.WriteBoolean("truncated"u8, IsTruncated);
        json.WriteEndObject();
    }

    private LedgerLine? LineOf(LedgerKey key)
    {
        if (_lines.TryGetValue(key, out var line))
        {
            return line;
        }
        if (_lines.Count >= linesMax)
        {
            IsTruncated = true;
            return null;
        }
        return _lines[key] = new LedgerLine();
    }

    private static void Write(Utf8JsonWriter json, LedgerLine line)
    {
        json.WriteNumber("received"u8, line.Received);
        json.WriteNumber("stored"u8, line.Stored);
        Write(json, "failed", line.FailedByCode);
        json.WriteNumber("duplicate"u8, line.Duplicate);
        Write(json, "dropped", line.DroppedByRule);
        json.WriteNumber("damaged"u8, line.Damaged);
        json.WriteNumber("pending"u8, line.Pending);
        Write(json, "refused", line.RefusedByStatus);
        json.WriteNumber("residue"u8, line.Residue);
    }

    private static void Write(Utf8JsonWriter json, string name, SortedDictionary<string, long> sums)
    {
        json.WriteStartObject(name);
        foreach (var (key, events) in sums)
        {
            json.WriteNumber(key, events);
        }
        json.WriteEndObject();
    }
}
