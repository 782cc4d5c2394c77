using Millrace.Tests.Twins;

namespace Millrace.Simulation.Machine;

/// <summary>The clock of one life of a process; the log's timer is among those that go off on it.</summary>
internal sealed class ProcessTime
{
    /// <summary>Above it a segment that holds records is closed at the next tick.</summary>
    public static readonly TimeSpan SealAfter = TimeSpan.FromMinutes(10);

    private readonly LogThreads _threads;
    private readonly Story _story;

    public ProcessTime(LogThreads threads, Story story, DateTimeOffset now)
    {
        (_threads, _story) = (threads, story);
        Clock.SetClock(now);
    }

    public ManualTime Clock { get; } = new();

    /// <summary>How far it has moved.</summary>
    public TimeSpan Passed => TimeSpan.FromTicks(Clock.GetTimestamp());

    public void Advance(TimeSpan by)
    {
        _story.Add("clock", "moves by", $"{by}");
        var context = SynchronizationContext.Current;
        // Without it what the timers set off waits for its turn, and does not run inside them.
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            _threads.Around(by, () => Clock.Advance(by));
        }
        finally
        {
            // The process may die in a timer, and what ends then still runs in the simulation's thread.
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>False: no timer is set that goes off once.</summary>
    public bool TryAdvanceToNext()
    {
        if (Clock.UntilNextOnce is not { } until)
        {
            return false;
        }
        Advance(until);
        return true;
    }
}
