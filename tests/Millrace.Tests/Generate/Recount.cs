using System.Globalization;
using System.Text.Json;

namespace Millrace.Tests.Generate;

/// <summary>What lines come to by the rules of the contract, told slowly: shares no code with generator or
/// pipeline.</summary>
internal sealed class Recount
{
    private static readonly string[] TextColumns =
        ["user_id", "anonymous_id", "device_id", "session_id", "os", "url", "name"];

    private readonly HashSet<(string?, string)> _ids = [];

    public long Duplicates { get; private set; }

    public long Clamped { get; private set; }

    public Dictionary<string, long> Failed { get; } = [];

    public Dictionary<(string? Tenant, string? Hour, string Event), long> Totals { get; } = [];

    public static Recount Of(IEnumerable<byte[]> lines, DateTimeOffset received)
    {
        var count = new Recount();
        foreach (var line in lines)
        {
            count.Add(line, received);
        }
        return count;
    }

    private void Add(byte[] line, DateTimeOffset received)
    {
        using var json = JsonDocument.Parse(line);
        if (FailureOf(line, json.RootElement) is { } code)
        {
            Failed[code] = Failed.GetValueOrDefault(code) + 1;
            return;
        }
        var root = json.RootElement;
        var tenant = root.TryGetProperty("tenant", out var name) ? name.GetString() : null;
        if (!_ids.Add((tenant, root.GetProperty("event_id").GetString()!)))
        {
            Duplicates++;
            return;
        }
        var client = Time(root, "event_time");
        if (client is { } time && IsClamped(time, Time(root, "sent_time"), received))
        {
            Clamped++;
        }
        var key = (tenant, client?.UtcDateTime.ToString("yyyy-MM-ddTHH:00:00Z", CultureInfo.InvariantCulture),
            root.GetProperty("event").GetString()!);
        Totals[key] = Totals.GetValueOrDefault(key) + 1;
    }

    private static string? FailureOf(byte[] line, JsonElement root)
    {
        if (line.Length > 1_000_000)
        {
            return "event_too_large";
        }
        if (root.ValueKind != JsonValueKind.Object)
        {
            return "not_an_object";
        }
        if (!root.TryGetProperty("event", out var name) ||
            name.ValueKind == JsonValueKind.Null || name.GetString() == "")
        {
            return "missing_event";
        }
        var isWrong = TextColumns.Any(column => HasOther(root, column, JsonValueKind.String)) ||
            HasOther(root, "latitude", JsonValueKind.Number) || HasOther(root, "longitude", JsonValueKind.Number);
        return isWrong ? "wrong_type" : null;
    }

    private static bool HasOther(JsonElement root, string column, JsonValueKind wanted) =>
        root.TryGetProperty(column, out var value) && value.ValueKind != wanted;

    private static DateTimeOffset? Time(JsonElement root, string column) =>
        root.TryGetProperty(column, out var text) && text.GetString()!.Contains('T', StringComparison.Ordinal) &&
        DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, out var time) ? time : null;

    private static bool IsClamped(DateTimeOffset client, DateTimeOffset? sent, DateTimeOffset received)
    {
        var skew = received - (sent ?? received);
        var time = skew.Duration() > TimeSpan.FromSeconds(60) ? client + skew : client;
        return time < received - TimeSpan.FromDays(30) || time > received + TimeSpan.FromHours(1);
    }
}
