using System.Collections.Concurrent;
using System.Globalization;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>DuckDB instances that are open and have no query. Thread safe.</summary>
/// <param name="options">Bounds.</param>
/// <param name="directories">Where the files of the lake are.</param>
/// <param name="scratch">A directory for those of the instances, which whoever made it removes.</param>
/// <param name="time">Tells how long an instance was away.</param>
internal sealed class ReadyInstances(
    QueryOptions options, IReadOnlyList<string> directories, string scratch, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Opening takes milliseconds; a disk that hangs must not hold up the end of the process.</summary>
    private static readonly TimeSpan OpeningEndsWithin = TimeSpan.FromSeconds(5);

    private readonly QueryInstanceParts _parts = new(
        options, directories, new EmptyTables(Path.Combine(scratch, "empty")));
    private readonly ConcurrentBag<QueryInstance> _ready = [];
    private readonly Lock _lock = new();
    private Task _opening = Task.CompletedTask;
    private long _opened;
    private int _count;
    private volatile bool _isDisposed;

    /// <summary>Ends when nothing is being opened any more in place of what was closed.</summary>
    public Task Opening
    {
        get
        {
            lock (_lock)
            {
                return _opening;
            }
        }
    }

    /// <summary>An instance for one query, which comes back through <see cref="Return"/> or <see cref="Replace"/>.
    /// </summary>
    /// <exception cref="DuckDbException">None is ready and none can be opened.</exception>
    /// <exception cref="IOException">Nor its scratch directory made.</exception>
    public QueryInstance Take()
    {
        if (_ready.TryTake(out var instance))
        {
            Interlocked.Decrement(ref _count);
        }
        instance ??= Open();
        instance.TakenAt = time.GetTimestamp();
        return instance;
    }

    /// <summary>Keeps an instance in which a query ended well and soon, unless enough are ready.</summary>
    public void Return(QueryInstance instance)
    {
        if (time.GetElapsedTime(instance.TakenAt) > options.KeptWithin)
        {
            Replace(instance);
            return;
        }
        Keep(
            () =>
            {
                instance.Renew();
                return instance;
            },
            instance.Dispose);
    }

    /// <summary>Closes an instance that is not to be used again, and opens another beside whoever asks next.</summary>
    public void Replace(QueryInstance instance)
    {
        instance.Dispose();
        lock (_lock)
        {
            _opening = Task.WhenAll(_opening, Task.Run(() => Keep(Open, () => { })));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        try
        {
            await Opening.WaitAsync(OpeningEndsWithin, time);
        }
        catch (TimeoutException)
        {
            // What it opens yet, it closes.
        }
        DropIfDisposed();
    }

    /// <summary>Adds an instance, unless enough are ready.</summary>
    private void Keep(Func<QueryInstance> make, Action drop)
    {
        QueryInstance? kept = null;
        try
        {
            if (Interlocked.Increment(ref _count) <= options.ReadyMax && !_isDisposed)
            {
                kept = TryMake(make);
            }
        }
        finally
        {
            if (kept is null)
            {
                Interlocked.Decrement(ref _count);
                drop();
            }
        }
        if (kept is not null)
        {
            _ready.Add(kept);
            DropIfDisposed();
        }
    }

    private static QueryInstance? TryMake(Func<QueryInstance> make)
    {
        try
        {
            return make();
        }
        catch (Exception failure) when (failure is DuckDbException or IOException or UnauthorizedAccessException)
        {
            return null; // Whoever asks next opens one, and says what is wrong.
        }
    }

    private QueryInstance Open()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref _opened)}");
        return new QueryInstance(_parts, Path.Combine(scratch, name));
    }

    private void DropIfDisposed()
    {
        while (_isDisposed && _ready.TryTake(out var instance))
        {
            instance.Dispose();
        }
    }
}
