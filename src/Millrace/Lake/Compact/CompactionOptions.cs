using System.ComponentModel.DataAnnotations;

namespace Millrace.Lake;

/// <summary>When data files are rewritten, and into how many.</summary>
internal sealed record CompactionOptions
{
    private const int LooksAfter = 5;
    private const int LooksBetween = 60;

    /// <summary>Time between two looks at what is to be done.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long after an hour of event time is over its files are compacted: most of its rows have come by
    /// then. What comes later is joined with it once, when <see cref="Every"/> is over.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromMinutes(LooksAfter);

    /// <summary>Least time between two compactions of the same hour or day.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(LooksBetween);

    /// <summary>Files of an hour or day at which this time is not waited for: queries must list them all.</summary>
    [Range(2, 100_000)]
    public int FilesMax { get; init; } = 256;

    /// <summary>Most files that are joined at once; more are joined later.</summary>
    [Range(2, 100_000)]
    public int InputsMax { get; init; } = 4096;

    /// <summary>Bytes from which on a file is good as it is.</summary>
    [Range(1, long.MaxValue)]
    public long GoodBytes { get; init; } = 64L << 20;

    /// <summary>Bytes at which an hour gets one more shared file, while there are fewer than
    /// <see cref="SharedFilesMax"/>.</summary>
    [Range(1, long.MaxValue)]
    public long FileBytesMax { get; init; } = 256L << 20;

    /// <summary>Files of an hour that several tenants share.</summary>
    [Range(1, 1_000)]
    public int SharedFilesMax { get; init; } = 4;

    /// <summary>Bytes an hour at which a tenant gets a file of its own.</summary>
    [Range(1, long.MaxValue)]
    public long OwnFileBytes { get; init; } = 32L << 20;

    /// <summary>Level of zstd: what is compacted stays, and is read more often than written.</summary>
    [Range(1, 19)]
    public int ZstdLevel { get; init; } = 3;

    /// <summary>Memory of the rows that are sorted at once. About as much again is needed to write them.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long RowBytesMax { get; init; } = 64L << 20;

    /// <summary>Memory that DuckDB may take to read them, before it spills to disk.</summary>
    [Range(64L << 20, long.MaxValue)]
    public long MemoryBytesMax { get; init; } = 256L << 20;

    /// <summary>The defaults, sooner or later.</summary>
    public static CompactionOptions LookingEvery(TimeSpan time) =>
        new() { LookEvery = time, After = LooksAfter * time, Every = LooksBetween * time };
}
