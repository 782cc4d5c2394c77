using Millrace.Log;

namespace Millrace.Simulation.Machine;

/// <summary>One life of the process: every step it does in the outside world is counted, and it may die before
/// any.</summary>
internal sealed class Life(Story story, LogThreads threads)
{
    private int _catalogSteps;

    public Story Story => story;

    public LogThreads Threads => threads;

    public int Steps { get; private set; }

    /// <summary>The step that does not happen any more; 0: none.</summary>
    public int DiesAt { get; set; }

    /// <summary>The same, counted in what it asks of the catalog.</summary>
    public int DiesAtCatalog { get; set; }

    public bool IsDead { get; private set; }

    /// <summary>Lets the log's threads run between two steps of the rest; null: they do not.</summary>
    public Random? Interleaving { get; set; }

    /// <exception cref="ProcessDiedException">The process is no more. The log's threads get an
    /// <see cref="IOException"/> instead, which they survive.</exception>
    public void Step(string operation, string path)
    {
        if (!IsDead)
        {
            Steps++;
            story.Add(threads.Turns.Current?.Name ?? "", operation, path);
            _catalogSteps += operation == ProcessCatalog.Operation ? 1 : 0;
            IsDead = Steps == DiesAt || (DiesAtCatalog > 0 && _catalogSteps == DiesAtCatalog);
        }
        ThrowIfDead(operation, path);
    }

    public void ThrowIfDead(string operation = "go on", string path = "")
    {
        if (IsDead)
        {
            throw threads.Turns.Current is null
                ? new ProcessDiedException() : new DiskException(operation, path, DiskException.InputOutput);
        }
    }

    /// <summary>It is killed here.</summary>
    public void Die() => IsDead = true;
}

/// <summary>The process is gone: nothing handles this, nothing is retried.</summary>
internal sealed class ProcessDiedException : Exception;
