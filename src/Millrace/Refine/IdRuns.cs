namespace Millrace.Refine;

/// <summary>The id runs of a data directory: answers whether an id was claimed by a committed record.</summary>
/// <remarks>
/// One thread looks up and changes the set. A merge may read runs from another thread meanwhile: it is the owner who replaces
/// them, after the merge. Hot path.
/// </remarks>
internal sealed class IdRuns : IDisposable
{
    /// <summary>How long an id stays claimed, by receive time.</summary>
    public const long WindowMicros = 7 * DayMicros;

    private const long DayMicros = 24L * 3600 * 1_000_000;

    // Newest first: clients that send again mostly do so soon.
    private readonly List<IdRun> _runs = [];

    public IReadOnlyList<IdRun> Runs => _runs;

    /// <summary>Takes a run over; it is disposed with the set.</summary>
    /// <exception cref="ArgumentException">It covers records that another run covers.</exception>
    public void Add(IdRun run)
    {
        var range = run.Range;
        if (_runs.Exists(other =>
            other.Range.Node == range.Node && other.Range.First < range.End && range.First < other.Range.End))
        {
            throw new ArgumentException($"The id run {run.Path} overlaps another.", nameof(run));
        }
        var at = _runs.FindIndex(other => other.Range.ReceivedMax <= range.ReceivedMax);
        _runs.Insert(at < 0 ? _runs.Count : at, run);
    }

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

    /// <summary>Puts a merged run in the place of those it was merged from, and disposes these; their files stay.</summary>
    public void Replace(IReadOnlyCollection<IdRun> merged, IdRun run)
    {
        foreach (var old in merged)
        {
            Remove(old);
        }
        Add(run);
    }

    /// <summary>Disposes the runs that count for no record received from now on.</summary>
    /// <returns>Their paths.</returns>
    public IReadOnlyList<string> DropExpired(long received)
    {
        var expired = _runs.FindAll(run => received - run.Range.ReceivedMax > WindowMicros);
        expired.ForEach(Remove);
        return expired.ConvertAll(run => run.Path);
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
        _runs.ForEach(run => run.Dispose());
        _runs.Clear();
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

    private void Remove(IdRun run)
    {
        _runs.Remove(run);
        run.Dispose();
    }
}
