using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Refine;
using Millrace.Simulation.Machine;
using Millrace.Tests.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Simulation.World;

/// <summary>What outlives the process: the disk, the catalog, the wall clock.</summary>
internal sealed class Host(Places places, DuckSessions duck, Plant plant)
{
    public const ulong Node = 0x00000000c0ffee00;

    public static readonly string NodeText = $"{Node:x16}";

    public static readonly DiskSpace Roomy = new(1L << 40, 1L << 40);

    public Places Places => places;

    public DuckSessions Duck => duck;

    public Plant Plant => plant;

    public MemoryDisk Media { get; } = new();

    public MemoryCatalog Catalog { get; } = new();

    public Totals Totals { get; init; } = new();

    public Story Story { get; } = new();

    public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The greatest position that the lake was seen at.</summary>
    public long Position { get; set; }

    public string LakeRoot => LocalStore.LocationOf(places.Lake);

    /// <summary>An empty machine.</summary>
    public async Task PrepareAsync()
    {
        places.Clear();
        // Made by chance otherwise, and a seed must do the same again.
        var key = Convert.ToHexStringLower(new byte[IdHash.KeyBytes]);
        await Catalog.CommitAsync(new CatalogCommit([], [new SideRow("settings", "id_key", key)]), default);
    }

    /// <summary>The power goes: what was not synced is lost, or not, or torn.</summary>
    public void CutPower(Random random)
    {
        Media.Crash(random);
        foreach (var file in Directory.EnumerateFiles(places.Ids))
        {
            File.Delete(file);
        }
        foreach (var (path, _) in Media.Below(places.Ids))
        {
            ProcessDisk.Export(Media, path, path);
        }
    }

    /// <summary>A store that reads what is there and counts nothing.</summary>
    public ProcessStore Store() => new(Media, Media, places.Lake);
}

/// <summary>A bug that a test plants around the seams; nothing in the program knows of it.</summary>
internal sealed record Plant
{
    public static readonly Plant None = new();

    public Func<IDisk, IDisk> Disk { get; init; } = disk => disk;

    public Func<ICatalog, Host, ICatalog> Catalog { get; init; } = (catalog, _) => catalog;
}
