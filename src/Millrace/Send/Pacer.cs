namespace Millrace.Send;

/// <summary>Says how many events are due by now. An open loop: time lost to a slow server is made up for.</summary>
internal sealed class Pacer(double eventsPerSecond, TimeProvider clock)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly long _begin = clock.GetTimestamp();

    /// <summary>Whether the event with this number, from 0, may go.</summary>
    public bool IsDue(long number) => number <= clock.GetElapsedTime(_begin).TotalSeconds * eventsPerSecond;

    /// <summary>Waits for a moment in which more may become due.</summary>
    public Task TickAsync(CancellationToken cancellationToken) => Task.Delay(Tick, clock, cancellationToken);
}
