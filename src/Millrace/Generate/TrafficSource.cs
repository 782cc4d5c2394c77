namespace Millrace.Generate;

/// <summary>The traffic, line by line, and what it must come to. Same plan, same bytes; memory does not grow with the
/// run.</summary>
/// <remarks>Hot path. Not thread safe.</remarks>
internal sealed class TrafficSource
{
    private readonly TrafficPlan _plan;
    private readonly Chance _chance;
    private readonly Sessions _sessions;
    private readonly OfflineRun _offline;
    private readonly Repeats _repeats = new();
    private readonly LineBuffer _line = new();
    private readonly EventWriter _writer;
    private readonly long _startMilliseconds;
    private readonly double _millisecondsPerEvent;
    private readonly long _beginMilliseconds;
    private long _position;
    private long _nextOversized = TrafficModel.OversizedEvery / 2;

    /// <exception cref="ArgumentException">The plan has neither a rate nor a number of events.</exception>
    public TrafficSource(TrafficPlan plan)
    {
        _plan = plan;
        _chance = new Chance((ulong)plan.Seed);
        _startMilliseconds = plan.Start.ToUnixTimeMilliseconds();
        if (plan.Rate is { } rate)
        {
            _beginMilliseconds = _startMilliseconds;
            _millisecondsPerEvent = 1000 / rate;
        }
        else
        {
            var events = plan.Events ?? throw new ArgumentException(
                "A rate or a number of events is needed.", nameof(plan));
            _beginMilliseconds = _startMilliseconds - (long)TrafficModel.History.TotalMilliseconds;
            var span = TrafficModel.History - TrafficModel.HistoryEndsBefore;
            _millisecondsPerEvent = span.TotalMilliseconds / Math.Max(1, events);
        }
        _sessions = new Sessions(plan, _chance, _beginMilliseconds, 1000 / _millisecondsPerEvent);
        _offline = new OfflineRun(_chance, _sessions);
        _writer = new EventWriter(plan, _line, _chance);
    }

    public ExpectedTotals Expected { get; } = new();

    /// <summary>Lines written so far.</summary>
    public long Position => _position;

    /// <summary>The tenant of the current line, from 0.</summary>
    public int Tenant { get; private set; }

    /// <summary>One line without its end; valid until the next call of <see cref="TryNext"/>.</summary>
    public ReadOnlySpan<byte> Line => _line.Written;

    /// <returns>False: the plan's events are all written.</returns>
    public bool TryNext()
    {
        if (_position >= _plan.Events)
        {
            return false;
        }
        _position++;
        if (_repeats.TryTake(_position, out var repeat))
        {
            _line.Clear();
            _line.Raw(repeat.Line);
            Tenant = repeat.Tenant;
            Expected.Repeat();
            return true;
        }
        WriteNew();
        return true;
    }

    private void WriteNew()
    {
        var arrival = _beginMilliseconds + (long)((_position - 1) * _millisecondsPerEvent);
        var now = Math.Max(arrival, _startMilliseconds);
        var dirt = DrawDirt();
        if (_offline.TryTake(now))
        {
            Write(_offline.Session, _offline.MomentAt(now).Soiled(dirt, now, _chance), dirt);
            _offline.Advance();
            return;
        }
        Write(_sessions.Take(), new Moment(arrival, null).Soiled(dirt, now, _chance), dirt);
        _sessions.Advance(arrival);
    }

    private Dirt DrawDirt()
    {
        if (_position < _nextOversized)
        {
            return Dirts.Draw(_chance.Unit());
        }
        _nextOversized += TrafficModel.OversizedEvery;
        return Dirt.Oversized;
    }

    private void Write(in Session session, Moment moment, Dirt dirt)
    {
        _writer.Write(session, moment, dirt);
        Tenant = session.Tenant;
        if (Dirts.FailureCode(dirt) is { } code)
        {
            Expected.Fail(code);
            return;
        }
        Expected.Store(session.Tenant, session.Next, moment.ClientMilliseconds);
        if (dirt == Dirt.ClampedClock)
        {
            Expected.Clamp();
        }
        if (_chance.Is(TrafficModel.DuplicateShare))
        {
            var mean = TrafficModel.DuplicateLagMean * (_chance.Is(0.1) ? 10 : 1);
            _repeats.Plan(Tenant, _line.Written, _position + 1 + (long)_chance.Exponential(mean));
        }
    }
}
