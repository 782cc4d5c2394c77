namespace Millrace.Integration.FailingDisk;

/// <summary>Whose calls fail.</summary>
internal enum DiskPart
{
    /// <summary>The thread that writes and syncs records and opens segments.</summary>
    Log,

    /// <summary>The thread that makes segments ahead and recycles them.</summary>
    Spares,

    /// <summary>The threads of refining and committing.</summary>
    Lake,

    /// <summary>The catalog's database.</summary>
    Catalog,

    /// <summary>Every thread.</summary>
    All,
}

/// <summary>A call that fails at the n-th time, or from then on.</summary>
/// <param name="Call"><c>pwrite64</c>, <c>fdatasync</c>, <c>rename</c>; <c>fsync</c> is what directories and the
/// catalog get.</param>
/// <param name="Error"><c>EIO</c> or <c>ENOSPC</c>.</param>
/// <param name="Nth">Counted by thread, from 1.</param>
internal sealed record DiskFault(DiskPart Part, string Call, string Error, int Nth, bool FromThenOn)
{
    private static readonly string[] Calls = ["pwrite64", "fdatasync", "rename", "fsync"];

    /// <summary>Whether clients cannot get a yes while it lasts.</summary>
    public bool ShutsTheDoor => FromThenOn && Part is (DiskPart.Log or DiskPart.All);

    /// <summary>Whether a failed call kept records from being durable: then somebody who waits must get a no. SIGKILL
    /// alone would not show a false yes, for the page cache keeps what was not synced.</summary>
    /// <param name="call">As strace shows it.</param>
    public bool Refuses(string call) => Part == DiskPart.Log
        ? !call.Contains("/log/synced>", StringComparison.Ordinal)
        : call.Contains(".seg>", StringComparison.Ordinal);

    /// <summary>Every part and call once, with the errors, places and lengths mixed: what <c>./test</c>
    /// runs.</summary>
    public static IReadOnlyList<DiskFault> Selection { get; } =
    [
        new(DiskPart.Log, "fdatasync", "EIO", 1, false),
        new(DiskPart.Log, "fdatasync", "ENOSPC", 3, true),
        new(DiskPart.Log, "pwrite64", "ENOSPC", 2, false),
        new(DiskPart.Log, "pwrite64", "EIO", 1, true),
        new(DiskPart.Log, "rename", "EIO", 1, false),
        new(DiskPart.Log, "rename", "ENOSPC", 1, true),
        new(DiskPart.Log, "fsync", "EIO", 1, false),
        new(DiskPart.Log, "fsync", "EIO", 2, true),
        new(DiskPart.Spares, "fdatasync", "EIO", 1, true),
        new(DiskPart.Spares, "rename", "EIO", 2, false),
        new(DiskPart.Spares, "fsync", "EIO", 1, false),
        new(DiskPart.Lake, "fdatasync", "EIO", 2, true),
        new(DiskPart.Lake, "pwrite64", "ENOSPC", 1, false),
        new(DiskPart.Lake, "rename", "EIO", 3, false),
        new(DiskPart.Lake, "fsync", "ENOSPC", 1, true),
        new(DiskPart.Catalog, "fsync", "EIO", 1, false),
        new(DiskPart.Catalog, "pwrite64", "ENOSPC", 2, true),
        new(DiskPart.All, "fdatasync", "EIO", 5, true),
    ];

    /// <summary>Any fault there is.</summary>
    public static DiskFault Any(Random random)
    {
        var part = (DiskPart)random.Next(5);
        var call = part == DiskPart.Catalog ? random.Next(2) == 0 ? "pwrite64" : "fsync" : Calls[random.Next(4)];
        // Few threads of the lake make the same call often.
        var nthMax = part is (DiskPart.Log or DiskPart.All) && call is ("pwrite64" or "fdatasync") ? 40 : 6;
        return new DiskFault(
            part, call, random.Next(2) == 0 ? "EIO" : "ENOSPC", random.Next(1, nthMax + 1), random.Next(2) == 0);
    }

    public CallFault On(Workspace workspace)
    {
        var how = $"error={Error}:when={Nth}{(FromThenOn ? "+" : "")}";
        return Part switch
        {
            DiskPart.Log => new CallFault(Call, how) { Threads = "millrace log" },
            DiskPart.Spares => new CallFault(Call, how) { Threads = "millrace log sp" },
            DiskPart.Lake => new CallFault(Call, how) { Threads = ".NET TP Worker" },
            DiskPart.Catalog => new CallFault(Call, how)
            {
                Paths = [Path.Combine(workspace.Data, "catalog.db"), Path.Combine(workspace.Data, "catalog.db-wal")],
            },
            _ => new CallFault(Call, how),
        };
    }
}
