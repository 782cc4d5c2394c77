namespace Millrace.Simulation.Machine;

/// <summary>Runs all asynchronous work of a simulation on the thread that asks for it, in the order it became
/// ready.</summary>
internal sealed class OneThread : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Queue<(SendOrPostCallback Run, object? State)> _ready = new();

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_ready)
        {
            _ready.Enqueue((d, state));
            Monitor.Pulse(_ready);
        }
    }

    /// <summary>Runs what is ready, and what becomes ready by that.</summary>
    public void Drain()
    {
        while (TryTake(out var work))
        {
            work.Run(work.State);
        }
    }

    /// <summary>Runs until a task is over. When nothing is ready the clock moves to its next timer.</summary>
    /// <exception cref="LivelockException">Nothing more will end it, or its retries never do.</exception>
    public void RunUntil(Task task, ProcessTime time)
    {
        task.ContinueWith(_ => Post(_ => { }, null), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        for (var moves = 0; !task.IsCompleted; moves++)
        {
            Drain();
            if (task.IsCompleted)
            {
                return;
            }
            if (moves > 20_000)
            {
                throw new LivelockException("20,000 timers went off and the work did not end.");
            }
            if (!time.TryAdvanceToNext())
            {
                WaitForPost();
            }
        }
    }

    /// <summary>The few hops of the framework that go through its thread pool end here.</summary>
    private void WaitForPost()
    {
        lock (_ready)
        {
            if (_ready.Count == 0 && !Monitor.Wait(_ready, Patience))
            {
                throw new LivelockException("No timer is set, nothing is ready, and the work has not ended.");
            }
        }
    }

    private bool TryTake(out (SendOrPostCallback Run, object? State) work)
    {
        lock (_ready)
        {
            return _ready.TryDequeue(out work);
        }
    }
}

/// <summary>The program does not come to an end although the world is well.</summary>
internal sealed class LivelockException(string message) : Exception(message);
