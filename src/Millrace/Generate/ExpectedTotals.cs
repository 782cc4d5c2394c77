using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Millrace.Generate;

/// <summary>What a run must come to, kept by the generator itself: no code of the pipeline is asked.</summary>
/// <remarks>Memory grows with tenants, hours of client time and names, not with events.</remarks>
internal sealed class ExpectedTotals
{
    private const long MillisecondsPerHour = 3_600_000;

    private readonly Dictionary<(int Tenant, long? Hour, TrafficEvent Call), long> _stored = [];
    private readonly SortedDictionary<string, long> _failed = new(StringComparer.Ordinal);

    public long Stored { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Stored events whose time must be moved to the edge of what is believed.</summary>
    public long Clamped { get; private set; }

    public long Failed => _failed.Values.Sum();

    public long Events => Stored + Duplicates + Failed;

    /// <param name="clientMilliseconds">As the client wrote it; null if that cannot be read.</param>
    public void Store(int tenant, TrafficEvent call, long? clientMilliseconds)
    {
        var hour = clientMilliseconds / MillisecondsPerHour;
        CollectionsMarshal.GetValueRefOrAddDefault(_stored, (tenant, hour, call), out _)++;
        Stored++;
    }

    public void Clamp() => Clamped++;

    public void Repeat() => Duplicates++;

    public void Fail(string code) => _failed[code] = _failed.GetValueOrDefault(code) + 1;

    /// <summary>One JSON object; the README of this folder shows its shape.</summary>
    /// <param name="tenantName">The tenant a number stands for; null where it cannot be known.</param>
    public void WriteTo(Stream output, TrafficPlan plan, Func<int, string?> tenantName)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("seed", plan.Seed);
        json.WriteString("start", plan.Start.UtcDateTime);
        json.WriteNumber("events", Events);
        json.WriteNumber("stored", Stored);
        json.WriteNumber("duplicates", Duplicates);
        json.WriteStartObject("failed");
        foreach (var (code, count) in _failed)
        {
            json.WriteNumber(code, count);
        }
        json.WriteEndObject();
        json.WriteNumber("clamped", Clamped);
        json.WriteStartArray("totals");
        foreach (var (key, count) in _stored.OrderBy(total => total.Key))
        {
            json.WriteStartObject();
            json.WriteString("tenant", tenantName(key.Tenant));
            json.WriteString("hour", key.Hour is { } hour ? HourText(hour) : null);
            json.WriteString("event", TrafficEvents.Name(key.Call));
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string HourText(long hour) =>
        DateTime.UnixEpoch.AddHours(hour).ToString("yyyy-MM-dd'T'HH':00:00Z'", CultureInfo.InvariantCulture);
}
