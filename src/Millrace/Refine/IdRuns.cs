namespace Millrace.Refine;

/// <summary>The id runs of a data directory: answers whether an id was claimed by a committed record.</summary>
/// <remarks>
/// The set is replaced whole, so that one thread may look up while another changes it. Runs that leave it are not
/// closed here: a look-up may still hold them. Hot path.
/// </remarks>
internal sealed class IdRuns : IDisposable
{
    /// <summary>How long an id stays claimed, by receive time.</summary>
    public const long WindowMicros = 7 * DayMicros;

    private const long DayMicros = 24L * 3600 * 1_000_000;

    private readonly Lock _changing = new();

    // Newest first: clients that send again mostly do so soon.
    private volatile IdRun[] _runs = [];

    public IReadOnlyList<IdRun> Runs => _runs;

    /// <summary>Takes a run over; it is disposed with the set.</summary>
    /// <exception cref="ArgumentException">It covers records that another run covers.</exception>
    public void Add(IdRun run) => Replace([], run);

    /// <summary>Whether a run that counts for a record received then holds an id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="received">Receive time of the record that brings it, µs UTC.</param>
    /// <param name="offset">Offset of the record that claimed it first.</param>
    public bool TryFind(UInt128 id, long received, out long offset)
    {
        foreach (var run in _runs)
        {
            if (received - run.Range.ReceivedMax > WindowMicros)
            {
                break;
            }
            if (run.TryFind(id, out offset))
            {
                return true;
            }
        }
        offset = 0;
        return false;
    }

    /// <summary>Puts a run in the place of those it was merged from; these are the caller's to dispose.</summary>
    /// <exception cref="ArgumentException">It covers records that another run covers.</exception>
    public void Replace(IReadOnlyList<IdRun> merged, IdRun run)
    {
        lock (_changing)
        {
            var kept = _runs.Except(merged).ToList();
            if (kept.Exists(other => other.Range.Node == run.Range.Node
                && other.Range.First < run.Range.End && run.Range.First < other.Range.End))
            {
                throw new ArgumentException($"The id run {run.Path} overlaps another.", nameof(run));
            }
            _runs = [.. kept.Append(run).OrderByDescending(other => other.Range.ReceivedMax)];
        }
    }

    /// <summary>Takes out the runs that count for no record received from now on;
    /// they are the caller's to dispose.</summary>
    public IReadOnlyList<IdRun> DropExpired(long received)
    {
        lock (_changing)
        {
            var expired = _runs.Where(run => received - run.Range.ReceivedMax > WindowMicros).ToList();
            _runs = [.. _runs.Except(expired)];
            return expired;
        }
    }

    /// <summary>What a run merged from others holds, read as it is written.</summary>
    /// <exception cref="ArgumentException">They may not be merged: other nodes, other keys, or other days (UTC) of
    /// <c>received_max</c>.</exception>
    public static IdRunContent Merge(IReadOnlyCollection<IdRun> runs)
    {
        var first = runs.First();
        if (runs.Any(run => run.Range.Node != first.Range.Node || run.KeyCheck != first.KeyCheck
            || run.Range.ReceivedMax / DayMicros != first.Range.ReceivedMax / DayMicros))
        {
            throw new ArgumentException("Only runs of one node, one key and one day are merged.", nameof(runs));
        }
        var range = new IdRunRange(
            first.Range.Node, runs.Min(run => run.Range.First), runs.Max(run => run.Range.End),
            runs.Min(run => run.Range.ReceivedMin), runs.Max(run => run.Range.ReceivedMax));
        return new IdRunContent(range, first.KeyCheck, runs.Sum(run => run.Count), InOrder(runs));
    }

    public void Dispose()
    {
        foreach (var run in _runs)
        {
            run.Dispose();
        }
        _runs = [];
    }

    private static IEnumerable<IdEntry> InOrder(IReadOnlyCollection<IdRun> runs)
    {
        var next = new PriorityQueue<IEnumerator<IdEntry>, IdEntry>();
        foreach (var run in runs)
        {
            Advance(next, run.Entries().GetEnumerator());
        }
        IdEntry? last = null;
        while (next.TryDequeue(out var entries, out var entry))
        {
            // Of two claims of one id the earlier comes first.
            if (last?.Id != entry.Id)
            {
                yield return entry;
            }
            last = entry;
            Advance(next, entries);
        }
    }

    private static void Advance(PriorityQueue<IEnumerator<IdEntry>, IdEntry> next, IEnumerator<IdEntry> entries)
    {
        if (entries.MoveNext())
        {
            next.Enqueue(entries, entries.Current);
        }
        else
        {
            entries.Dispose();
        }
    }
}
