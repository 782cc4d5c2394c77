using System.Threading.Tasks.Sources;

namespace Millrace.Log;

/// <summary>Appenders of one group that are told together. Hot path.</summary>
/// <remarks>
/// Each goes on inside <see cref="IThreadPoolWorkItem.Execute"/> until it waits again, one after the other on one
/// thread: a thread pool that is handed every appender by itself spends more on waking its threads than they spend on
/// their answers (bench/README.md). More than <see cref="Most"/> are shared out over several threads. So what one does
/// there must be short: <see cref="IsTelling"/> lets it see where it is.
/// </remarks>
internal sealed class Waiters : IThreadPoolWorkItem
{
    public const int Most = 32;

    [ThreadStatic]
    private static bool t_isTelling;

    private readonly Waiter[] _waiters = new Waiter[Most];
    private int _count;
    private AppendRefusal _refusal;

    /// <summary>Whether others wait for this thread.</summary>
    public static bool IsTelling => t_isTelling;

    public bool IsFull => _count == Most;

    /// <summary>Not thread safe.</summary>
    public Waiter Add(long offset) => _waiters[_count++] = new Waiter(offset);

    public void Wake(AppendRefusal refusal, Action<IThreadPoolWorkItem> goOn)
    {
        _refusal = refusal;
        goOn(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        t_isTelling = true;
        try
        {
            foreach (Waiter waiter in _waiters.AsSpan(0, _count))
            {
                waiter.Tell(_refusal);
            }
        }
        finally
        {
            t_isTelling = false;
        }
    }
}

/// <summary>One appender.</summary>
/// <param name="offset">Of its record.</param>
internal sealed class Waiter(long offset) : IValueTaskSource<AppendResult>
{
    private ManualResetValueTaskSourceCore<AppendResult> _core;

    /// <summary>To be awaited once.</summary>
    public ValueTask<AppendResult> Told => new(this, _core.Version);

    public void Tell(AppendRefusal refusal) =>
        _core.SetResult(new AppendResult(refusal == AppendRefusal.None ? offset : 0, refusal));

    AppendResult IValueTaskSource<AppendResult>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<AppendResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<AppendResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
