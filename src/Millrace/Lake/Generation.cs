using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>What one commit will hold: a range of the log, its rows and hot segments,
/// ledger increments and claimed ids.</summary>
/// <remarks>Filled by the lake's loop; once sealed it belongs to the committer.</remarks>
internal sealed class Generation(long from, RecentIds ids, RowSet rows)
{
    private readonly List<HotSegment> _hot = [];
    private readonly HashSet<int> _days = [];
    private int _lastDay = int.MinValue;

    /// <summary>The position before this generation: where its first record was looked for.</summary>
    public long From { get; } = from;

    /// <summary>The position after it: the exclusive end of its last record.</summary>
    public long To { get; private set; } = from;

    /// <summary>Offset of its first record.</summary>
    public long First { get; private set; } = -1;

    /// <summary>Events in all records before <see cref="To"/> since the log began.</summary>
    public long EventsBefore { get; private set; }

    /// <summary>Receive times of the first and the last record, µs UTC.</summary>
    public long ReceivedMin { get; private set; } = long.MaxValue;

    public long ReceivedMax { get; private set; } = long.MinValue;

    /// <summary>Bytes of log it covers.</summary>
    public long LogBytes { get; private set; }

    /// <summary>Days of its events: at least as many files will be written.</summary>
    public int Days => _days.Count;

    public LedgerIncrements Ledger { get; } = new();

    public RecentIds Ids { get; } = ids;

    public RowSet Rows { get; } = rows;

    public IReadOnlyList<HotSegment> Hot => _hot;

    public bool IsEmpty => To == From;

    /// <summary>False: it covers nothing but damage, and has no receive times.</summary>
    public bool HasRecords => ReceivedMin <= ReceivedMax;

    /// <summary>Takes a record, or a stretch of damage, into the range.</summary>
    public void Cover(in LogStretch stretch)
    {
        First = First < 0 ? stretch.Offset : First;
        To = stretch.End;
        LogBytes += stretch.End - stretch.Offset;
        EventsBefore = stretch.EventsBefore;
    }

    public void CoverTime(long received)
    {
        ReceivedMin = Math.Min(ReceivedMin, received);
        ReceivedMax = Math.Max(ReceivedMax, received);
    }

    /// <summary>Hot path.</summary>
    public void CoverDay(long eventTime)
    {
        var day = EventClock.DayOf(eventTime);
        if (day != _lastDay)
        {
            _lastDay = day;
            _days.Add(day);
        }
    }

    public void Add(HotSegment segment) => _hot.Add(segment);

    /// <summary>Rows that were visible, which the commit must hold.</summary>
    public long HotRows(LakeTable table) =>
        _hot.Where(segment => segment.Table == table.Name).Sum(segment => segment.Rows);
}

/// <summary>A stretch of the log.</summary>
/// <param name="EventsBefore">Events in all records before <paramref name="End"/>.</param>
internal readonly record struct LogStretch(long Offset, long End, long EventsBefore);
