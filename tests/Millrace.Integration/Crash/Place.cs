namespace Millrace.Integration;

/// <summary>Writes of a running Millrace at which it can be killed.</summary>
/// <param name="Calls">The system calls.</param>
/// <param name="AtMax">Up to which of them, counted for each thread: about what a start and a commit make.</param>
/// <param name="Paths">In the data directory; none: all files that these calls touch.</param>
internal sealed record Place(string Calls, int AtMax, params string[] Paths)
{
    private static readonly Place[] Log =
    [
        new("pwrite64,fdatasync", 40) { AtMin = 4 }, // records, headers, the synced end
        new("pwrite64", 8, "log/synced"),
        new("rename", 3), // a spare becomes a segment, a segment a spare
        new("fsync", 3, "log"),
        new("pwrite64,fsync", 6, "control.db", "control.db-wal"),
    ];

    private static readonly Place[] Lake =
    [
        new("write", 18) { AtMin = 6 }, // DuckDB's Parquet files, hot ones and those of commits
        new("rename", 12),
        new("fdatasync", 9), // id runs, Parquet, manifests, metadata
        new("fsync", 3, "lake/events/metadata"),
        new("fsync", 3, "ids", "lake/ledger/metadata"),
        new("pwrite64,fsync", 14, "catalog.db", "catalog.db-wal"),
        new("unlink", 6) { AtMin = 3 },
    ];

    /// <summary>From which on: before, the runtime writes names of threads, and the start writes locks.</summary>
    public int AtMin { get; init; } = 1;

    /// <summary>One that a process with these roles comes to.</summary>
    public static PlacedKill Draw(Random random, string data, string roles)
    {
        Place[] places = roles switch
        {
            Fleet.Collect => Log,
            Fleet.Lake => Lake,
            _ => [.. Log, .. Lake],
        };
        var place = places[random.Next(places.Length)];
        // The early ones more often: a process may be too slow for the late ones, or hand over to another thread.
        var late = random.Next(place.AtMin, place.AtMax + 1);
        return new PlacedKill(place.Calls, random.Next(place.AtMin, late + 1))
        {
            Paths = [.. place.Paths.Select(path => Path.Combine(data, path))],
        };
    }

    /// <summary>What a file of a data directory is, for a report.</summary>
    /// <param name="path">Null: unknown.</param>
    public static string NameOf(string data, string? path)
    {
        var parts = path is null ? [""] : Path.GetRelativePath(data, path).Split('/');
        return parts[0] switch
        {
            "log" when parts[^1].EndsWith(".seg", StringComparison.Ordinal) => "log segment",
            "log" when parts[^1] == "synced" => "log end",
            "log" => "log spare or directory",
            "hot" => "hot segment",
            "tmp" => "Parquet",
            "lake" when parts.Contains("metadata") => "metadata",
            "lake" when parts.Contains("data") => "Parquet",
            "ids" => "id run",
            var file when file.StartsWith("catalog.db", StringComparison.Ordinal) => "catalog",
            var file when file.StartsWith("control.db", StringComparison.Ordinal) => "control",
            _ => "elsewhere",
        };
    }
}
