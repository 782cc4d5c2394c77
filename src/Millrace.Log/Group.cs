using System.Buffers;

namespace Millrace.Log;

/// <summary>Records that are written and synced together, and then acknowledged. Hot path.</summary>
/// <remarks>
/// Places are reserved under the lock of <see cref="Intake"/>; their bytes are filled outside it by whoever appends.
/// <see cref="Close"/> and everything after it belong to the writer's thread.
/// </remarks>
internal sealed class Group(SegmentPlan segment, LogTip start, bool opensSegment)
{
    private const int ChunkBytes = 1 << 20;

    private readonly List<Chunk> _chunks = [];
    private readonly object _filling = new();
    private readonly List<Waiters> _waiters = [];
    private int _unfilled = 1; // one for the group itself, until it is closed

    public SegmentPlan Segment { get; } = segment;

    /// <summary>The segment must be opened before this group is written.</summary>
    public bool OpensSegment { get; } = opensSegment;

    public long Start { get; } = start.End;

    /// <summary>Where the log stands behind this group.</summary>
    public LogTip Tip { get; set; } = start;

    public int Records { get; private set; }

    public long Bytes => Tip.End - Start;

    /// <summary>Set if a record could not be copied: the group must not reach the disk.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Room for one record, at the end of the group, and its appender.</summary>
    public (Memory<byte> Place, Waiter Waiter) Reserve(int bytes)
    {
        Chunk? chunk = _chunks.Count > 0 ? _chunks[^1] : null;
        if (chunk is null || chunk.Buffer.Length - chunk.Count < bytes)
        {
            chunk = new Chunk(ArrayPool<byte>.Shared.Rent(Math.Max(ChunkBytes, bytes)), Start + Bytes);
            _chunks.Add(chunk);
        }
        Memory<byte> place = chunk.Buffer.AsMemory(chunk.Count, bytes);
        chunk.Count += bytes;
        if (_waiters is not [.., { IsFull: false }])
        {
            _waiters.Add(new Waiters());
        }
        Records++;
        Interlocked.Increment(ref _unfilled);
        return (place, _waiters[^1].Add(Start + Bytes));
    }

    /// <summary>A place has been filled, or could not be.</summary>
    public void Filled(bool isWhole)
    {
        if (!isWhole)
        {
            IsBroken = true; // never back: others fill their places at the same time
        }
        if (Interlocked.Decrement(ref _unfilled) == 0)
        {
            lock (_filling)
            {
                Monitor.Pulse(_filling);
            }
        }
    }

    /// <summary>Waits until every place is filled; nothing more is reserved by then.</summary>
    public void Close()
    {
        if (Interlocked.Decrement(ref _unfilled) == 0)
        {
            return;
        }
        lock (_filling)
        {
            while (Volatile.Read(ref _unfilled) != 0)
            {
                Monitor.Wait(_filling);
            }
        }
    }

    public void WriteTo(IDiskFile file)
    {
        foreach (Chunk chunk in _chunks)
        {
            file.Write(chunk.Buffer.AsSpan(0, chunk.Count), SegmentHeader.AreaBytes + chunk.Offset - Segment.Base);
        }
    }

    /// <param name="goOn">Where its appenders go on.</param>
    public void Complete(AppendRefusal refusal, Action<IThreadPoolWorkItem> goOn)
    {
        foreach (Chunk chunk in _chunks)
        {
            ArrayPool<byte>.Shared.Return(chunk.Buffer);
        }
        _chunks.Clear();
        foreach (Waiters waiters in _waiters)
        {
            waiters.Wake(refusal, goOn);
        }
    }

    /// <summary>A run of records without a gap.</summary>
    private sealed class Chunk(byte[] buffer, long offset)
    {
        public byte[] Buffer { get; } = buffer;

        public long Offset { get; } = offset;

        public int Count { get; set; }
    }
}
