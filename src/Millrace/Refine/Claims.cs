using System.Collections.Concurrent;

namespace Millrace.Refine;

/// <summary>The event that claims an id.</summary>
/// <param name="Received">µs UTC: runs older than the dedup window before it do not count.</param>
internal readonly record struct Claim(long Offset, int Index, long Received);

/// <summary>Decides whether an event id is new: ids of the current generation, of sealed ones,
/// and the committed runs.</summary>
/// <remarks>
/// Hot path. For a (tenant, id) the first event wins, in the order of the log, for seven days of receive time. All
/// members belong to the lake's loop, but <see cref="Committed"/> and <see cref="Retire"/>, which any thread may call.
/// </remarks>
internal sealed class Claims(IdHash hash, IdRuns runs)
{
    /// <summary>Ids in a generation at which it should be committed: 170 MB of memory at most.</summary>
    public const int IdsPerGeneration = 2_000_000;

    // One body may bring a generation over the mark; 64 MB hold no more than this.
    private const int IdsMax = 2 * IdsPerGeneration;

    private readonly List<RecentIds> _sealed = [];
    private readonly ConcurrentQueue<RecentIds> _committed = new();
    private readonly ConcurrentQueue<IdRun> _retired = new();

    /// <summary>The ids claimed in the generation that is being filled.</summary>
    public RecentIds Current { get; private set; } = new(IdsMax);

    /// <returns>False if another event claimed the id before: this one is a duplicate.</returns>
    public bool TryClaim(ReadOnlySpan<byte> tenant, ReadOnlySpan<byte> id, in Claim claim)
    {
        var key = hash.Id(tenant, id);
        foreach (var ids in _sealed)
        {
            if (ids.TryFind(key, out _, out _))
            {
                return false;
            }
        }
        return !runs.TryFind(key, claim.Received, out _) && Current.TryClaim(key, claim.Offset, claim.Index);
    }

    /// <summary>Begins a new generation; the ids of the old one count until <see cref="Committed"/>.</summary>
    public RecentIds Seal()
    {
        Current.Seal();
        _sealed.Add(Current);
        Current = new RecentIds(IdsMax);
        return Current;
    }

    /// <summary>A generation's ids stand in a run of the set now (or it had none).</summary>
    public void Committed(RecentIds ids) => _committed.Enqueue(ids);

    /// <summary>Runs that left the set: they are closed when no look-up can be under way.</summary>
    public void Retire(IEnumerable<IdRun> runsGone)
    {
        foreach (var run in runsGone)
        {
            _retired.Enqueue(run);
        }
    }

    /// <summary>Between two look-ups: lets go of what <see cref="Committed"/> and <see cref="Retire"/> were
    /// told.</summary>
    public void LetGo()
    {
        while (_committed.TryDequeue(out var ids))
        {
            _sealed.Remove(ids);
        }
        while (_retired.TryDequeue(out var run))
        {
            run.Dispose();
        }
    }
}
