using System.ComponentModel.DataAnnotations;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>When the lake makes rows visible and when it commits them.</summary>
internal sealed record LakeOptions
{
    /// <summary>Age of the oldest row that is not queryable at which a hot segment is written.</summary>
    public TimeSpan HotAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Rows at which a hot segment is written earlier; it bounds the memory of fresh rows.</summary>
    [Range(1, 10_000_000)]
    public int HotRowsMax { get; init; } = 50_000;

    /// <summary>Bytes of log at which a hot segment is written earlier: a few rows may be large.</summary>
    [Range(64 * 1024, long.MaxValue)]
    public long HotBytesMax { get; init; } = 32L << 20;

    /// <summary>Bytes of row text at which a hot segment is written earlier: what a batch shares is in each of its
    /// rows.</summary>
    [Range(64 * 1024, long.MaxValue)]
    public long HotRowBytesMax { get; init; } = 64L << 20;

    /// <summary>Bytes of log at which a commit is made.</summary>
    [Range(64 * 1024, long.MaxValue)]
    public long CommitBytes { get; init; } = 128L << 20;

    /// <summary>Age of the oldest uncommitted record at which a commit is made.</summary>
    public TimeSpan CommitAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Days of events at which a commit is made: each is a file. Twice what one batch of history may have, so
    /// that those of one year share a commit.</summary>
    [Range(1, 100_000)]
    public int CommitDaysMax { get; init; } = 2 * EventClock.HistoryDaysMax;

    /// <summary>How long a replaced file may still be read: the longest time a query may run.</summary>
    public TimeSpan ReadersLeaveAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Memory of uncommitted rows at which a commit is made; as much again may wait for the commit before it,
    /// which holds as much.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long RowBytesMax { get; init; } = 128L << 20;

    /// <summary>Free bytes of the file system at which the lake stops writing; null: the smaller of 2 % and
    /// 1 GiB.</summary>
    public long? FreeBytesMin { get; init; }

    /// <summary>Commits between two looks at what the tables' care has to do.</summary>
    [Range(1, 100_000)]
    public int CareEvery { get; init; } = 10;

    /// <summary>How often files that no table names are looked for; the first time soon after a start.</summary>
    public TimeSpan OrphansEvery { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Age at which such a file goes: a commit in flight, of this process or another engine, is
    /// younger.</summary>
    public TimeSpan OrphansAfter { get; init; } = TimeSpan.FromDays(3);

    public CompactionOptions Compaction { get; init; } = new();

    [Range(1, 100_000)]
    public int SnapshotsKept { get; init; } = 200;

    /// <summary>Small manifests at which they are merged.</summary>
    [Range(2, 100_000)]
    public int ManifestsMergedAt { get; init; } = 100;
}
