namespace Millrace.Log;

/// <summary>What a reader meets: a record, or damage where records were.</summary>
public readonly struct LogItem
{
    private readonly LogRecord _record;

    internal LogItem(LogRecord record) => _record = record;

    internal LogItem(LogDamage damage) => Damage = damage;

    /// <summary>Null for a record.</summary>
    public LogDamage? Damage { get; }

    /// <summary>The record; only where <see cref="Damage"/> is null.</summary>
    public LogRecord Record =>
        Damage is null ? _record : throw new InvalidOperationException("Damage carries no record.");
}

/// <summary>A durable record. Valid until the next call of the reader that returned it.</summary>
public readonly struct LogRecord
{
    private readonly StoredRecord _record;
    private readonly SegmentHeader _segment;

    internal LogRecord(StoredRecord record, SegmentHeader segment)
    {
        _record = record;
        _segment = segment;
    }

    /// <summary>Its offset.</summary>
    public long Offset => _record.Header.Offset;

    /// <summary>Exclusive end: the position behind it.</summary>
    public long End => _record.End;

    /// <summary>Receive time in microseconds since 1970; never smaller than that of the record before.</summary>
    public long ReceivedMicros => _record.Header.Received;

    /// <summary>Events in all records before this one since the log began.</summary>
    public long FirstEvent => _record.Header.FirstEvent;

    /// <summary>Events in this record, as its appender counted them.</summary>
    public int Events => _record.Header.Events;

    /// <summary>How often the stamp had been set, by this record too: one more than expected shows a lost control
    /// record.</summary>
    public uint Stamps => _record.Header.Stamps;

    /// <summary>How often the stamp had been set before its segment.</summary>
    public uint SegmentStamps => _segment.Stamps;

    /// <summary>What was appended.</summary>
    public ReadOnlySpan<byte> Payload => _record.Payload.Span;

    /// <summary>The control version in force where this record's segment begins: 32 bytes, zeros for none.</summary>
    public ReadOnlySpan<byte> Stamp => _segment.Stamp.Span;

    /// <summary>First offset of its segment.</summary>
    public long SegmentBase => _segment.Base;
}

/// <summary>Why a stretch of the log could not be read.</summary>
public enum LogDamageKind
{
    /// <summary>Nothing was lost.</summary>
    Nothing,

    /// <summary>Records do not match their checksums.</summary>
    Records,

    /// <summary>A segment lost both copies of its header.</summary>
    Header,

    /// <summary>A segment is gone.</summary>
    MissingSegment,
}

/// <summary>Bytes in which records were made durable and can no longer be read. Reading goes on behind them.</summary>
/// <param name="From">First offset.</param>
/// <param name="To">Exclusive end, where reading resumes.</param>
/// <param name="Events">Events lost, by the running numbers around the damage; 0 also where those are lost too.</param>
/// <param name="Kind">What happened.</param>
public sealed record LogDamage(long From, long To, long Events, LogDamageKind Kind)
{
    /// <summary>Receive time of the last record before it; where none was read, that of the first behind it, or when
    /// the segment was opened. Microseconds since 1970; 0: nothing tells.</summary>
    public long ReceivedMicros { get; init; }
}
