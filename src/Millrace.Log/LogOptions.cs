namespace Millrace.Log;

/// <summary>When an append counts as done.</summary>
public enum LogDurability
{
    /// <summary>The bytes were <c>fdatasync</c>ed: they survive power loss.</summary>
    Disk,

    /// <summary>The operating system has them: they survive the process, not the machine.</summary>
    Os,
}

/// <summary>Settings of a log.</summary>
public sealed record LogOptions
{
    /// <summary>Directory of the log, <c>DIR/log</c>. Made if missing.</summary>
    public required string Directory { get; init; }

    /// <summary>Size of a segment file; its records have <see cref="SegmentHeader.AreaBytes"/> less.
    /// At least 64 KiB, at most 1 GiB, a multiple of 4,096.</summary>
    public long SegmentBytes { get; init; } = 128 << 20;

    /// <summary>Bytes that may wait for their sync before appends are refused. A single larger record is taken
    /// alone.</summary>
    public long InFlightBytesMax { get; init; } = 64 << 20;

    /// <summary>Age at which a segment that holds records is closed, so that it can be archived and reused.</summary>
    public TimeSpan SealAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What an append waits for.</summary>
    public LogDurability Durability { get; init; }

    /// <summary>Appends are refused below the smaller of these bytes and <see cref="FreeShareMin"/>.</summary>
    public long FreeBytesMin { get; init; } = 5L << 30;

    /// <summary>Share of the file system, see <see cref="FreeBytesMin"/>. 0 switches the rule off.</summary>
    public double FreeShareMin { get; init; } = 0.10;

    /// <summary>The node id.</summary>
    public ulong Node { get; init; }

    /// <summary>The greatest committed position of this node: no offset below it is given out.</summary>
    public long FirstOffsetMin { get; init; }

    /// <summary>Used segments kept for reuse.</summary>
    public int SparesMax { get; init; } = 2;

    /// <exception cref="ArgumentException">A setting is out of its range; the message names it.</exception>
    internal void Validate()
    {
        Check(Directory.Length > 0, nameof(Directory), "must name a directory");
        Check(SegmentBytes is >= 64 << 10 and <= 1 << 30 && SegmentBytes % 4096 == 0, nameof(SegmentBytes),
            "must be a multiple of 4,096 from 64 KiB to 1 GiB");
        Check(InFlightBytesMax is >= 64 << 10 and <= 1 << 30, nameof(InFlightBytesMax), "must be from 64 KiB to 1 GiB");
        Check(SealAfter > TimeSpan.Zero, nameof(SealAfter), "must be greater than zero");
        Check(FreeBytesMin >= 0, nameof(FreeBytesMin), "must not be negative");
        Check(FreeShareMin is >= 0 and < 1, nameof(FreeShareMin), "must be from 0 to below 1");
        Check(FirstOffsetMin >= 0, nameof(FirstOffsetMin), "must not be negative");
        Check(SparesMax is >= 1 and <= 64, nameof(SparesMax), "must be from 1 to 64");
    }

    private static void Check(bool isFine, string setting, string rule)
    {
        if (!isFine)
        {
            throw new ArgumentException($"The log's {setting} {rule}.", setting);
        }
    }
}
