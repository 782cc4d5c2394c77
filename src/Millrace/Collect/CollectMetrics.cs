using System.Diagnostics.Metrics;
using System.Globalization;

namespace Millrace.Collect;

/// <summary>What Collect counts. Tags come from fixed lists: protocols, routes, statuses, codes; never from a
/// client.</summary>
internal sealed class CollectMetrics
{
    public const string MeterName = "Millrace.Collect";

    private static readonly string[] StatusTexts =
        [.. Enumerable.Range(0, 600).Select(status => status.ToString(CultureInfo.InvariantCulture))];

    private readonly Counter<long> _received;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _bodyBytes;
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _time;

    public CollectMetrics(IMeterFactory meters, BodyBudget budget, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        _received = meter.CreateCounter<long>("millrace.collect.received", "{event}", "Events accepted.");
        _requests =
            meter.CreateCounter<long>("millrace.collect.requests", "{request}", "Requests by route and status.");
        _refused = meter.CreateCounter<long>("millrace.collect.refused", "{request}", "Requests refused.");
        _bodyBytes =
            meter.CreateCounter<long>("millrace.collect.body.bytes", "By", "Bytes of accepted bodies, decompressed.");
        _duration = meter.CreateHistogram<double>("millrace.collect.duration", "s", "From the headers to the answer.");
        meter.CreateObservableCounter("millrace.collect.bodies.entered", () =>
            budget.Entered, "By", "Memory taken for bodies.");
        meter.CreateObservableCounter("millrace.collect.bodies.left", () => budget.Entered - budget.Reserved, "By",
            "Memory given back by bodies; entered minus left is in flight.");
    }

    public void Count(Visit visit, int status, long started)
    {
        var protocol = KeyValuePair.Create<string, object?>("protocol", visit.Route.Protocol.Name);
        var statusTag = KeyValuePair.Create<string, object?>("status", StatusTexts[status]);
        _requests.Add(1, KeyValuePair.Create<string, object?>("route", visit.Route.Route.Path), statusTag);
        if (visit.Refusal is { } refusal)
        {
            _refused.Add(1, statusTag, KeyValuePair.Create<string, object?>("code", refusal.Code));
        }
        else
        {
            _received.Add(visit.Shape.Events.Count, protocol);
            _bodyBytes.Add(visit.BodyBytes, protocol);
        }
        _duration.Record(_time.GetElapsedTime(started).TotalSeconds, protocol);
    }
}
