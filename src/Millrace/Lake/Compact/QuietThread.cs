using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Millrace.Lake;

/// <summary>One thread for work that can wait: the system prefers all others to it.</summary>
/// <remarks>It does what it is given and starts nothing: a thread inherits the niceness of the one that makes it, and
/// the thread pool makes its own on whichever thread asks. Where the system knows no priority of threads, it has
/// none.</remarks>
internal sealed partial class QuietThread : IDisposable
{
    private const int OfThread = 0; // Linux: PRIO_PROCESS with 0 is the calling thread
    private const int Niceness = 10;

    private readonly BlockingCollection<Action> _work = [];

    public QuietThread(string name) => new Thread(Work) { Name = name, IsBackground = true }.Start();

    /// <summary>Runs work on the thread and returns when it is done; throws what it throws.</summary>
    public void Run(Action work)
    {
        using var done = new ManualResetEventSlim();
        ExceptionDispatchInfo? failure = null;
        _work.Add(() =>
        {
            try
            {
                work();
            }
            catch (Exception thrown)
            {
                failure = ExceptionDispatchInfo.Capture(thrown);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait(CancellationToken.None);
        failure?.Throw();
    }

    /// <summary>Lets the thread end when what it has is done.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Work()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetPriority(OfThread, 0, Niceness);
        }
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
