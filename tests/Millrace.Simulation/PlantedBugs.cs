using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>Bugs put between the program and its simulated world.</summary>
internal static class PlantedBugs
{
    /// <summary>By what is not synced: a directory's or a file's path holds it when it is opened.</summary>
    public static Plant SyncLeftOut(string place) => new()
    {
        Disk = disk => new CarelessDisk(disk) { LeavesOut = path => path.Contains(place, StringComparison.Ordinal) },
    };

    /// <summary>The log says yes, and syncs what it said yes to before its next write.</summary>
    public static readonly Plant YesBeforeSync = new()
    {
        // A segment is opened as a spare file, and renamed then.
        Disk = disk => new CarelessDisk(disk) { SyncsLate = path => path.EndsWith(".spare", StringComparison.Ordinal) },
    };

    /// <summary>The rows are committed first, their position in a transaction of its own after them.</summary>
    public static readonly Plant PositionAfterData = new()
    {
        Catalog = (catalog, host) => new TwoStepCatalog(catalog, host),
    };
}
