using System.Globalization;
using System.Text;
using Millrace.Log;
using Millrace.Tests.Refine;

namespace Millrace.Simulation.World;

/// <summary>An event as its client made it.</summary>
/// <param name="Serial">Which event it is; each retry of it has the same.</param>
/// <param name="Id">Null: the client gave none.</param>
/// <param name="Fails">It lacks its name: it becomes a failed event.</param>
internal sealed record SentEvent(int Serial, string? Id, bool Fails);

/// <summary>A request, as often as it is sent.</summary>
internal sealed record Batch(string Tenant, IReadOnlyList<SentEvent> Events, string Body)
{
    /// <summary>Somebody was told yes.</summary>
    public bool IsAcknowledged { get; set; }
}

/// <summary>A request that was answered with yes.</summary>
internal sealed record Yes(Batch Batch, long Offset);

/// <summary>Clients of several tenants: they send, send again, and believe what they were told.</summary>
internal sealed class Clients(Random random, Totals totals)
{
    private static readonly string[] Tenants = ["acme", "bolt", "coda"];

    private readonly List<(string Tenant, string Id)> _ids = [];
    private readonly int _tenants = random.Next(1, Tenants.Length + 1);
    private readonly int _paddingMax = random.Next(4) == 0 ? 16_000 : 60;
    private int _serial;

    /// <summary>Every request ever made.</summary>
    public List<Batch> Batches { get; } = [];

    public List<Yes> Answers { get; } = [];

    /// <summary>A new request, or one that was sent before.</summary>
    public Batch Next()
    {
        if (Batches.Count > 0 && random.Next(4) == 0)
        {
            return Batches[random.Next(Batches.Count)];
        }
        var tenant = Tenants[random.Next(_tenants)];
        var events = Enumerable.Range(0, random.Next(1, 6)).Select(_ => NewEvent(tenant)).ToList();
        var batch = new Batch(tenant, events, BodyOf(events));
        Batches.Add(batch);
        return batch;
    }

    public async Task SendAsync(LogWriter log, Batch batch)
    {
        totals.Batches++;
        var payload = new Payload(batch.Body, batch.Events.Count) { Tenant = batch.Tenant };
        var result = await log.AppendAsync(payload.ToEntry());
        if (result.Refusal != AppendRefusal.None)
        {
            totals.Refused++;
            return;
        }
        totals.Acknowledged += batch.Events.Count;
        batch.IsAcknowledged = true;
        Answers.Add(new Yes(batch, result.Offset));
    }

    private SentEvent NewEvent(string tenant)
    {
        var serial = _serial++;
        var chance = random.Next(20);
        if (chance < 3)
        {
            return new SentEvent(serial, null, Fails: chance == 0);
        }
        var known = _ids.Where(id => id.Tenant == tenant).ToList();
        if (chance < 6 && known.Count > 0)
        {
            return new SentEvent(serial, known[random.Next(known.Count)].Id, Fails: false);
        }
        // The same id in two tenants is two ids.
        var id = $"id-{serial / 2}";
        _ids.Add((tenant, id));
        return new SentEvent(serial, id, Fails: random.Next(15) == 0);
    }

    private string BodyOf(IEnumerable<SentEvent> events)
    {
        var json = new StringBuilder("[");
        foreach (var sent in events)
        {
            json.Append(json.Length > 1 ? "," : "").Append('{');
            json.Append(sent.Fails ? "" : "\"event\":\"e\",");
            json.Append(sent.Id is { } id ? $"\"event_id\":\"{id}\"," : "");
            json.Append(random.Next(12) == 0 ? "\"event_time\":\"2026-11-20T10:00:00Z\"," : "");
            json.Append(CultureInfo.InvariantCulture,
                $"\"properties\":{{\"n\":{sent.Serial},\"p\":\"{new string('x', random.Next(_paddingMax))}\"}}}}");
        }
        return json.Append(']').ToString();
    }
}
