namespace Millrace.Generate;

/// <summary>The visits that are open at once. The one that waited longest goes on; one that ends makes room for
/// another.</summary>
/// <remarks>
/// There are as many as the rate of events and the mean think time ask for (Little's law), so that the gaps between the
/// events of one visit follow the think time although the events themselves keep to the rate.
/// </remarks>
internal sealed class Sessions
{
    private const int TriesForAwakeUser = 8;
    private const int StepsBeforeMax = 10;

    private readonly Chance _chance;
    private readonly ulong _seed;
    private readonly Zipf _tenants;
    private readonly Zipf _items = new(TrafficModel.Items, TrafficModel.ItemExponent);
    private readonly Zipf[] _users;
    private readonly Session[] _open;
    private readonly PriorityQueue<int, long> _due;
    private int _current = -1;

    public Sessions(TrafficPlan plan, Chance chance, long beginMilliseconds, double eventsPerSecond)
    {
        _chance = chance;
        _seed = (ulong)plan.Seed;
        _tenants = new Zipf(plan.Tenants, TrafficModel.TenantExponent);
        _users = [.. Enumerable.Range(1, plan.Tenants).Select(rank => new Zipf(
            Math.Max(TrafficModel.UsersMin, TrafficModel.UsersMax / rank), TrafficModel.UserExponent))];
        var open = Math.Clamp(eventsPerSecond * TrafficModel.ThinkSecondsMean, 1, TrafficModel.SessionsMax);
        _open = new Session[(int)open];
        _due = new PriorityQueue<int, long>(_open.Length);
        for (var i = 0; i < _open.Length; i++)
        {
            _open[i] = BeginAlready(beginMilliseconds);
            _due.Enqueue(i, beginMilliseconds + (long)(_chance.Unit() * 1000 * TrafficModel.ThinkSecondsMean));
        }
    }

    /// <summary>The visit whose turn it is; stays current until the next call.</summary>
    public ref Session Take()
    {
        _current = _due.Peek();
        return ref _open[_current];
    }

    /// <summary>Moves the current visit on from an event at this time.</summary>
    public void Advance(long nowMilliseconds)
    {
        ref var session = ref _open[_current];
        session.Advance(_chance, _items);
        if (session.IsOver)
        {
            session = Begin(nowMilliseconds);
        }
        _due.DequeueEnqueue(_current, nowMilliseconds + ThinkMilliseconds());
    }

    /// <summary>Moves on a visit that is not among the open ones: it never ends.</summary>
    public void AdvanceOutside(ref Session session) => session.Advance(_chance, _items);

    public long ThinkMilliseconds() => (long)(1000 * Math.Min(
        _chance.LogNormal(TrafficModel.ThinkSecondsMedian, TrafficModel.ThinkSigma), TrafficModel.ThinkSecondsMax));

    /// <summary>A new visit of someone who is likely to be awake at this time.</summary>
    public Session Begin(long nowMilliseconds, DeviceKind? kind = null)
    {
        var tenant = _tenants.Draw(_chance.Unit());
        if (kind is null && _chance.Is(TrafficModel.BotShare))
        {
            kind = DeviceKind.Bot;
        }
        var user = 0;
        Visitor visitor = default;
        for (var tries = 0; tries < TriesForAwakeUser; tries++)
        {
            user = _users[tenant].Draw(_chance.Unit());
            visitor = new Visitor(_seed, tenant, user, kind);
            var localHour = (nowMilliseconds / 60_000 + visitor.City.OffsetMinutes) / 60.0 % 24;
            if (kind == DeviceKind.Bot || _chance.Is(TrafficModel.Busyness(localHour)))
            {
                break;
            }
        }
        var pages = _chance.InverseGaussian(TrafficModel.PagesMean, TrafficModel.PagesShape);
        return new Session
        {
            Tenant = tenant,
            User = user,
            Kind = kind,
            Id = _chance.Next(),
            Next = visitor.Device.Kind == DeviceKind.App ? TrafficEvent.Screen : TrafficEvent.Page,
            PagesLeft = Math.Clamp((int)Math.Round(pages), 1, TrafficModel.PagesMax),
            IsKnown = visitor.IsSignedIn,
        };
    }

    /// <summary>A visit that is under way when the traffic begins; else a run would open with a flood of first
    /// pages.</summary>
    private Session BeginAlready(long nowMilliseconds)
    {
        var session = Begin(nowMilliseconds);
        for (var steps = _chance.Below(StepsBeforeMax); steps > 0 && session.PagesLeft > 1; steps--)
        {
            session.Advance(_chance, _items);
        }
        return session;
    }
}
