using System.Collections.Concurrent;

namespace Millrace.Lake;

/// <summary>The rows of one generation.</summary>
internal sealed class RowSet
{
    public LakeRows Events { get; } = new(LakeTable.Events);

    public LakeRows FailedEvents { get; } = new(LakeTable.FailedEvents);

    /// <summary>About the memory that they take.</summary>
    public long Bytes => Events.Bytes + FailedEvents.Bytes;

    public void Clear()
    {
        Events.Clear();
        FailedEvents.Clear();
    }
}

/// <summary>Row sets that are used again: one is filled while the ones before are committed. Thread safe.</summary>
internal sealed class RowSets
{
    private readonly ConcurrentQueue<RowSet> _free = new();

    /// <summary>An empty one.</summary>
    public RowSet Rent() => _free.TryDequeue(out var rows) ? rows : new RowSet();

    /// <summary>Takes one back that nobody reads any more.</summary>
    public void Return(RowSet rows)
    {
        rows.Clear();
        _free.Enqueue(rows);
    }
}
