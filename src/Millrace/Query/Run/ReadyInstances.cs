using System.Collections.Concurrent;
using System.Globalization;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>DuckDB instances that are open and have no query. Thread safe.</summary>
internal sealed class ReadyInstances(QueryOptions options, IReadOnlyList<string> directories, string scratch)
    : IDisposable
{
    private readonly ConcurrentBag<QueryInstance> _ready = [];
    private long _opened;
    private int _count;
    private volatile bool _isDisposed;

    /// <summary>An instance for one query, which returns or disposes it.</summary>
    /// <exception cref="DuckDbException">None is ready and none can be opened.</exception>
    /// <exception cref="IOException">Its scratch directory cannot be made.</exception>
    public QueryInstance Take()
    {
        if (!_ready.TryTake(out var instance))
        {
            var name = string.Create(
                CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _opened)}");
            return new QueryInstance(options, directories, Path.Combine(scratch, name));
        }
        Interlocked.Decrement(ref _count);
        return instance;
    }

    /// <summary>Keeps an instance in which a query ended well, unless enough are ready.</summary>
    public void Return(QueryInstance instance)
    {
        if (Interlocked.Increment(ref _count) > options.ReadyMax || !IsRenewed(instance))
        {
            Interlocked.Decrement(ref _count);
            instance.Dispose();
            return;
        }
        _ready.Add(instance);
        DropIfDisposed();
    }

    public void Dispose()
    {
        _isDisposed = true;
        DropIfDisposed();
    }

    private static bool IsRenewed(QueryInstance instance)
    {
        try
        {
            instance.Renew();
            return true;
        }
        catch (Exception failure) when (failure is IOException or DuckDbException)
        {
            return false; // The next query opens another, and says what is wrong.
        }
    }

    private void DropIfDisposed()
    {
        while (_isDisposed && _ready.TryTake(out var instance))
        {
            instance.Dispose();
        }
    }
}
