namespace Millrace.Refine;

/// <summary>The ids claimed since the last commit, in memory, with the events that claimed them.</summary>
/// <remarks>
/// An open-addressing table that doubles until it holds its capacity: 32 bytes a slot, 43 to 85 an id. Nothing else is
/// allocated. One thread claims; once sealed any number may look up, until <see cref="Clear"/> opens it again. Hot
/// path.
/// </remarks>
internal sealed class RecentIds
{
    private const int SlotsAtStart = 1024;

    private readonly int _capacity;
    private Slot[] _slots = new Slot[SlotsAtStart];

    /// <param name="capacity">Most ids it takes; its owner commits before that.</param>
    public RecentIds(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        // 2^29 slots of 32 bytes are the longest array there can be.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 28);
        _capacity = capacity;
    }

    public int Count { get; private set; }

    public bool IsFull => Count == _capacity;

    public bool IsSealed { get; private set; }

    /// <summary>Claims an id for an event.</summary>
    /// <returns>False: another event has it. True also for the event that has it: refining it again changes
    /// nothing.</returns>
    /// <exception cref="InvalidOperationException">It is sealed, or the id is new and it is full.</exception>
    public bool TryClaim(UInt128 id, long offset, int index)
    {
        if (IsSealed)
        {
            throw new InvalidOperationException("A sealed table of ids takes no more.");
        }
        ref var slot = ref Find(id);
        if (slot.IsTaken)
        {
            return slot.Offset == offset && slot.Index == index;
        }
        if (IsFull)
        {
            throw new InvalidOperationException($"The table of ids is full at {_capacity}: commit first.");
        }
        if (Count >= _slots.Length / 4 * 3)
        {
            Grow();
            slot = ref Find(id);
        }
        slot = new Slot { Id = id, Offset = offset, IndexPlusOne = index + 1 };
        Count++;
        return true;
    }

    /// <summary>Whether an id is claimed, and by which event.</summary>
    public bool TryFind(UInt128 id, out long offset, out int index)
    {
        ref readonly var slot = ref Find(id);
        (offset, index) = (slot.Offset, slot.Index);
        return slot.IsTaken;
    }

    /// <summary>No more claims: the ids are about to become a run.</summary>
    public void Seal() => IsSealed = true;

    /// <summary>Forgets all ids and takes claims again, keeping its memory.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        (Count, IsSealed) = (0, false);
    }

    /// <summary>The ids in the order of id runs.</summary>
    public IdEntry[] Sorted()
    {
        var entries = new IdEntry[Count];
        var at = 0;
        foreach (ref readonly var slot in _slots.AsSpan())
        {
            if (slot.IsTaken)
            {
                entries[at++] = new IdEntry((ulong)(slot.Id >> 64), (ulong)slot.Id, slot.Offset);
            }
        }
        Array.Sort(entries);
        return entries;
    }

    /// <summary>The slot of an id, or the free one where it belongs: the table is never full.</summary>
    private ref Slot Find(UInt128 id)
    {
        var mask = _slots.Length - 1;
        var at = (int)(ulong)id & mask;
        while (_slots[at].IsTaken && _slots[at].Id != id)
        {
            at = (at + 1) & mask;
        }
        return ref _slots[at];
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        foreach (ref readonly var slot in old.AsSpan())
        {
            if (slot.IsTaken)
            {
                Find(slot.Id) = slot;
            }
        }
    }

    private struct Slot
    {
        public UInt128 Id;
        public long Offset;

        /// <summary>0: free.</summary>
        public int IndexPlusOne;

        public readonly bool IsTaken => IndexPlusOne != 0;

        public readonly int Index => IndexPlusOne - 1;
    }
}
