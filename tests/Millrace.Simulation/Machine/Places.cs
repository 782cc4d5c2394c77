namespace Millrace.Simulation.Machine;

/// <summary>The data directory of a simulation. All its files are on the simulated disk; copies of those that others than
/// the disk read are real.</summary>
internal sealed class Places : IDisposable
{
    private static readonly string[] RealFolders = ["ids", "read"];

    private readonly string _real = Directory.CreateDirectory(Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"millrace-sim-{Guid.NewGuid():n}")).FullName;

    /// <summary>On the simulated disk only. The same in every run: the lake's metadata holds it.</summary>
    public string Data => "/millrace";

    public string Log => "/millrace/log";

    public string Lake => "/millrace/lake";

    public string Hot => "/millrace/hot";

    /// <summary>Id runs are read through a mapping: each has a copy here.</summary>
    public string Ids => In("ids");

    /// <summary>Data files until the store takes them.</summary>
    public string Scratch => "/millrace/tmp";

    /// <summary>For DuckDB to read what the lake holds.</summary>
    public string Read => In("read");

    /// <summary>Removes every real file.</summary>
    public void Clear()
    {
        foreach (var folder in RealFolders.Select(In))
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
            Directory.CreateDirectory(folder);
        }
    }

    public void Dispose() => Directory.Delete(_real, recursive: true);

    private string In(string name) => Path.Combine(_real, name);
}
