namespace Millrace.Log;

/// <summary>Where a log stands behind a record: what the next record, or the header of the next segment,
/// continues.</summary>
internal readonly record struct LogTip(long End, long Events, long Received)
{
    public ReadOnlyMemory<byte> Stamp { get; init; }

    /// <summary>How often the stamp was set.</summary>
    public uint Stamps { get; init; }

    /// <summary>Base of the log's first segment.</summary>
    public long LogStart { get; init; }
}

/// <summary>A segment as decided before its file exists.</summary>
/// <param name="Base">Offset of its first record.</param>
/// <param name="Capacity">Bytes for records.</param>
/// <param name="Salt">Begins the CRC of its records.</param>
/// <param name="Before">Where the log stands before it.</param>
internal sealed record SegmentPlan(long Base, long Capacity, ulong Salt, LogTip Before)
{
    public long End => Base + Capacity;
}
