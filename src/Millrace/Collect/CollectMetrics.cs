using System.Diagnostics.Metrics;
using System.Globalization;

namespace Millrace.Collect;

/// <summary>What Collect counts. Tags come from fixed lists: protocols, routes, statuses, codes; never from a
/// client.</summary>
internal sealed class CollectMetrics
{
    public const string MeterName = "Millrace.Collect";

    private static readonly string[] StatusTexts =
    [
        .. Enumerable.Range(0, RouteCounts.StatusesMax)
            .Select(status => status.ToString(CultureInfo.InvariantCulture)),
    ];

    private readonly Counter<long> _refused;
    private readonly Histogram<double> _duration;
    private readonly TimeProvider _time;

    public CollectMetrics(IMeterFactory meters, CollectRoutes routes, BodyBudget budget, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("millrace.collect.received", () =>
            ByProtocol(routes, counts => counts.Events), "{event}", "Events accepted.");
        meter.CreateObservableCounter("millrace.collect.body.bytes", () =>
            ByProtocol(routes, counts => counts.BodyBytes), "By", "Bytes of accepted bodies, decompressed.");
        meter.CreateObservableCounter("millrace.collect.requests", () =>
            ByStatus(routes), "{request}", "Requests by route and status.");
        _refused = meter.CreateCounter<long>("millrace.collect.refused", "{request}", "Requests refused.");
        _duration = meter.CreateHistogram<double>("millrace.collect.duration", "s", "From the headers to the answer.");
        meter.CreateObservableCounter("millrace.collect.bodies.entered", () =>
            budget.Entered, "By", "Memory taken for bodies.");
        meter.CreateObservableCounter("millrace.collect.bodies.left", () => budget.Entered - budget.Reserved, "By",
            "Memory given back by bodies; entered minus left is in flight.");
    }

    public void Count(Visit visit, int status, long started)
    {
        if (visit.Refusal is { } refusal)
        {
            visit.Route.Counts.Add(status, 0, 0);
            _refused.Add(1, Tag("status", StatusTexts[status]), Tag("code", refusal.Code));
        }
        else
        {
            visit.Route.Counts.Add(status, visit.Shape.Events.Count, visit.BodyBytes);
        }
        _duration.Record(_time.GetElapsedTime(started).TotalSeconds, Tag("protocol", visit.Route.Protocol.Name));
    }

    private static IEnumerable<Measurement<long>> ByProtocol(CollectRoutes routes, Func<RouteCounts, long> count) =>
        from route in routes.All
        group count(route.Counts) by route.Protocol.Name into protocol
        where protocol.Sum() > 0
        select new Measurement<long>(protocol.Sum(), Tag("protocol", protocol.Key));

    private static IEnumerable<Measurement<long>> ByStatus(CollectRoutes routes) =>
        from route in routes.All
        from status in Enumerable.Range(0, RouteCounts.StatusesMax)
        let requests = route.Counts.Requests(status)
        where requests > 0
        select new Measurement<long>(requests, Tag("route", route.Route.Path), Tag("status", StatusTexts[status]));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}

/// <summary>What came in by one route. Hot path: an addition each, where an instrument would look up its
/// tags.</summary>
internal sealed class RouteCounts
{
    public const int StatusesMax = 600;

    private readonly long[] _requests = new long[StatusesMax];
    private long _events;
    private long _bodyBytes;

    public long Events => Volatile.Read(ref _events);

    public long BodyBytes => Volatile.Read(ref _bodyBytes);

    public long Requests(int status) => Volatile.Read(ref _requests[status]);

    public void Add(int status, int events, int bodyBytes)
    {
        Interlocked.Increment(ref _requests[status]);
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _bodyBytes, bodyBytes);
    }
}
