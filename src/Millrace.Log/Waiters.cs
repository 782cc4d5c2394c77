using System.Runtime.CompilerServices;

namespace Millrace.Log;

/// <summary>Appenders of one group that are told together. Hot path.</summary>
/// <remarks>
/// Each goes on where the one before it stopped, on one thread: a thread pool that is handed every appender by itself
/// spends more on waking its threads than they spend on their answers (bench/README.md). More than
/// <see cref="Most"/> are shared out over several threads, so that the last does not wait for all.
/// </remarks>
internal sealed class Waiters : IThreadPoolWorkItem
{
    public const int Most = 32;

    private readonly TaskCompletionSource<AppendRefusal> _done = new();
    private AppendRefusal _refusal;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AppendResult> WaitAsync(long offset)
    {
        AppendRefusal refusal = await _done.Task;
        return new AppendResult(refusal == AppendRefusal.None ? offset : 0, refusal);
    }

    public void Wake(AppendRefusal refusal, Action<IThreadPoolWorkItem> goOn)
    {
        _refusal = refusal;
        goOn(this);
    }

    void IThreadPoolWorkItem.Execute() => _done.SetResult(_refusal);
}
