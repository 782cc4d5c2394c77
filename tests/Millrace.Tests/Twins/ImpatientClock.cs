namespace Millrace.Tests.Twins;

/// <summary>A clock on which every wait is over at once, and took the time it should. It stands still
/// otherwise.</summary>
internal sealed class ImpatientClock : TimeProvider
{
    private readonly Lock _lock = new();
    private DateTimeOffset _now = Generate.Traffic.Start;

    public DateTimeOffset Now
    {
        get => GetUtcNow();
        set
        {
            lock (_lock)
            {
                _now = value;
            }
        }
    }

    public List<TimeSpan> Waits { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (GetUtcNow() - Generate.Traffic.Start).Ticks;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _now += dueTime;
            Waits.Add(dueTime);
        }
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
