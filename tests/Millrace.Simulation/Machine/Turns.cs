namespace Millrace.Simulation.Machine;

/// <summary>Lets the two threads of a log take one step at a time, when the simulation says so: how they interleave
/// follows from the seed.</summary>
/// <remarks>
/// A thread stops before each operation on the disk until it is let go. It is at rest when it stands there, or sleeps
/// in a wait of its own. From such a sleep it is woken by the simulation's thread, or by the other of the two, and both
/// know when they do: <see cref="AwaitArrival"/> then waits for the operation it wakes up for.
/// </remarks>
internal sealed class Turns
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const int LooksBeforeWaiting = 100;

    private readonly object _gate = new();
    private readonly Thread _simulation = Thread.CurrentThread;
    private bool _isFree;

    public Walker Log { get; } = new("millrace log");

    public Walker Spares { get; } = new("millrace log spares");

    /// <summary>The walker of the calling thread; null: it is none of the log's.</summary>
    public Walker? Current => Thread.CurrentThread.Name is not { } name ? null
        : name == Log.Name ? Log : name == Spares.Name ? Spares : null;

    /// <summary>On a walker's thread: waits to be let go.</summary>
    public void Stop(Walker walker)
    {
        if (walker.StepsLeft > 0)
        {
            walker.StepsLeft--;
            return;
        }
        walker.IsInside = true;
        lock (_gate)
        {
            walker.Thread = Thread.CurrentThread;
            walker.Stands = !_isFree;
            Monitor.PulseAll(_gate);
            while (walker.Stands && !_isFree)
            {
                Monitor.Wait(_gate);
            }
            walker.Stands = false;
        }
        walker.IsInside = false;
    }

    /// <summary>Lets a walker that stands do so many operations, and returns when it is at rest again.</summary>
    /// <exception cref="SimulatorException">The program went on in another thread than the simulation's.</exception>
    public void Go(Walker walker, int steps)
    {
        if (Thread.CurrentThread != _simulation)
        {
            throw new SimulatorException($"'{walker.Name}' was let go by '{Thread.CurrentThread.Name}'.");
        }
        lock (_gate)
        {
            walker.StepsLeft = steps - 1;
            walker.Stands = false;
            Monitor.PulseAll(_gate);
        }
        for (var looks = 0; !walker.IsAtRest; looks++)
        {
            if (looks < LooksBeforeWaiting)
            {
                Thread.SpinWait(30);
                continue;
            }
            lock (_gate)
            {
                // Nobody tells when it falls asleep.
                _ = walker.IsAtRest || Monitor.Wait(_gate, 1);
            }
        }
        walker.StepsLeft = 0;
    }

    /// <summary>Waits for a walker that was woken.</summary>
    public void AwaitArrival(Walker walker)
    {
        lock (_gate)
        {
            while (!walker.Stands && !_isFree)
            {
                if (!Monitor.Wait(_gate, Patience))
                {
                    throw new SimulatorException($"The thread '{walker.Name}' was woken and did not come: {walker}.");
                }
            }
        }
    }

    /// <summary>From now on nobody waits.</summary>
    public void Free()
    {
        lock (_gate)
        {
            _isFree = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>One of the two threads.</summary>
    internal sealed class Walker(string name)
    {
        private volatile bool _stands;
        private volatile bool _isInside;

        public string Name => name;

        /// <summary>It waits to be let go.</summary>
        public bool Stands { get => _stands; set => _stands = value; }

        /// <summary>It is between its arrival and its departure.</summary>
        public bool IsInside { get => _isInside; set => _isInside = value; }

        public Thread? Thread { get; set; }

        /// <summary>Operations it may do before it stands again.</summary>
        public int StepsLeft { get; set; }

        public bool IsAtRest => Stands || (!IsInside && IsAsleep && !IsInside);

        public override string ToString() => $"{(Stands ? "stands" : IsInside ? "arrives" : "is away")}, "
            + $"{StepsLeft} steps left, {Thread?.ThreadState}";

        private bool IsAsleep => (Thread!.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0;
    }
}

/// <summary>The simulator itself is wrong: no verdict on the program.</summary>
internal sealed class SimulatorException(string message) : Exception(message);
