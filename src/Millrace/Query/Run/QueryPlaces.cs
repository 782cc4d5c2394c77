namespace Millrace.Query;

/// <summary>The bound on queries that run at once, with a bounded line before it. Thread safe.</summary>
internal sealed class QueryPlaces(int runningMax, int waitingMax) : IDisposable
{
    private readonly SemaphoreSlim _free = new(runningMax);
    private int _inside;

    /// <summary>Waits for a place.</summary>
    /// <exception cref="QueryRefusedException">The line is full.</exception>
    public async Task<Place> TakeAsync(CancellationToken ct)
    {
        if (Interlocked.Increment(ref _inside) > runningMax + waitingMax)
        {
            Interlocked.Decrement(ref _inside);
            throw new QueryRefusedException(QueryRefusals.Busy);
        }
        try
        {
            await _free.WaitAsync(ct);
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }
        return new Place(this);
    }

    public void Dispose() => _free.Dispose();

    private void Leave()
    {
        _free.Release();
        Interlocked.Decrement(ref _inside);
    }

    /// <summary>Held while a query runs.</summary>
    internal sealed class Place(QueryPlaces places) : IDisposable
    {
        private QueryPlaces? _places = places;

        public void Dispose() => Interlocked.Exchange(ref _places, null)?.Leave();
    }
}
