namespace Millrace.Tests.Twins;

/// <summary>A clock that moves only when told. Timers fire inside <see cref="Advance"/>, on its thread.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private long _elapsedTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _elapsedTicks);

    /// <summary>How long until the next timer that fires once; null: none is set.</summary>
    public TimeSpan? UntilNextOnce
    {
        get
        {
            lock (_gate)
            {
                long due = _timers.Select(timer => timer.DueOnce).DefaultIfEmpty(long.MaxValue).Min();
                return due == long.MaxValue ? null : TimeSpan.FromTicks(Math.Max(0, due - GetTimestamp()));
            }
        }
    }

    /// <summary>Sets the wall clock alone, as an operator or NTP would.</summary>
    public void SetClock(DateTimeOffset now)
    {
        lock (_gate)
        {
            _now = now;
        }
    }

    public void Advance(TimeSpan by)
    {
        ManualTimer[] timers;
        lock (_gate)
        {
            _now += by;
            Interlocked.Add(ref _elapsedTicks, by.Ticks);
            timers = [.. _timers];
        }
        foreach (ManualTimer timer in timers)
        {
            timer.FireIfDue(GetTimestamp());
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }
        return timer;
    }

    private void Remove(ManualTimer timer)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
        }
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        private long _due = long.MaxValue;
        private TimeSpan _period;

        public long DueOnce => _period > TimeSpan.Zero ? long.MaxValue : _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime < TimeSpan.Zero ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks;
            _period = period;
            return true;
        }

        /// <summary>Once, however many periods have passed.</summary>
        public void FireIfDue(long now)
        {
            if (now >= _due)
            {
                _due = _period > TimeSpan.Zero ? now + _period.Ticks : long.MaxValue;
                callback();
            }
        }

        public void Dispose() => time.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
