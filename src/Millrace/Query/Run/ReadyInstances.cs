using System.Collections.Concurrent;
using System.Globalization;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>DuckDB instances that are open before a query needs one, each used once. Thread safe.</summary>
/// <remarks>Opening one takes 12 ms of CPU: as much as the answer to a question about an hour. A new one is opened when
/// a query has left, so that it takes no CPU from it.</remarks>
internal sealed class ReadyInstances(QueryOptions options, string scratch) : IDisposable
{
    private readonly ConcurrentQueue<QueryInstance> _ready = [];
    private long _opened;
    private int _count;
    private volatile bool _isDisposed;

    /// <summary>An instance that nobody has used; the caller disposes it.</summary>
    /// <exception cref="DuckDbException">None is ready and none can be opened.</exception>
    public QueryInstance Take()
    {
        if (!_ready.TryDequeue(out var instance))
        {
            return Open();
        }
        Interlocked.Decrement(ref _count);
        return instance;
    }

    public void Dispose()
    {
        _isDisposed = true;
        DropIfDisposed();
    }

    /// <summary>Opens one more in the background, unless enough are ready.</summary>
    private void Refill()
    {
        if (Interlocked.Increment(ref _count) > options.ReadyMax || _isDisposed)
        {
            Interlocked.Decrement(ref _count);
            return;
        }
        _ = Task.Run(() =>
        {
            try
            {
                _ready.Enqueue(Open());
            }
            catch (DuckDbException)
            {
                // Whoever takes one next opens it, and says what is wrong.
                Interlocked.Decrement(ref _count);
            }
            DropIfDisposed();
        });
    }

    private void DropIfDisposed()
    {
        while (_isDisposed && _ready.TryDequeue(out var instance))
        {
            instance.Dispose();
        }
    }

    private QueryInstance Open()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _opened)}");
        return new QueryInstance(options, Path.Combine(scratch, name), Refill);
    }
}
