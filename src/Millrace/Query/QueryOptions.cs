using System.ComponentModel.DataAnnotations;

namespace Millrace.Query;

/// <summary>Bounds of ad-hoc queries.</summary>
internal sealed record QueryOptions
{
    /// <summary>Queries that run at once, each in a DuckDB instance that no other one has meanwhile.</summary>
    [Range(1, 256)]
    public int ConcurrencyMax { get; init; } = 4;

    /// <summary>DuckDB instances kept open for queries to come; each takes a few MB at rest.</summary>
    [Range(0, 256)]
    public int ReadyMax { get; init; } = 4;

    /// <summary>An instance that was away for longer, with a client that reads slowly perhaps, is closed instead of
    /// kept: only then does DuckDB give back all that a large query needed.</summary>
    /// <remarks>Opening and closing takes about 10 ms of CPU (decision 013): 4 % of this.</remarks>
    public TimeSpan KeptWithin { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Queries that wait for a place; one more is refused with <c>query_busy</c>.</summary>
    [Range(0, 10_000)]
    public int WaitingMax { get; init; } = 32;

    /// <summary>Time a query may take, waiting included, if the caller names none.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time a caller may ask for. Files a commit replaced must live longer than this.</summary>
    public TimeSpan TimeoutMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Rows in a JSON answer; the streamed formats have no bound.</summary>
    [Range(1, int.MaxValue)]
    public int JsonRowsMax { get; init; } = 100_000;

    /// <summary>Threads of one query.</summary>
    [Range(1, 256)]
    public int Threads { get; init; } = 2;

    /// <summary>Memory of one query before it spills to disk. Not a hard bound: one huge text is not counted.</summary>
    [Range(32L << 20, long.MaxValue)]
    public long MemoryBytesMax { get; init; } = 256L << 20;

    /// <summary>Scratch space of one query.</summary>
    [Range(0, long.MaxValue)]
    public long ScratchBytesMax { get; init; } = 4L << 30;
}
