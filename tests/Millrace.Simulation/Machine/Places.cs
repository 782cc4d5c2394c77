namespace Millrace.Simulation.Machine;

/// <summary>The data directory of a simulation. Its log, lake and id runs are on the simulated disk; DuckDB's scratch
/// files and hot segments are real, and so are copies of what others than the disk read.</summary>
internal sealed class Places : IDisposable
{
    private static readonly string[] RealFolders = ["hot", "tmp/lake", "ids", "read"];

    public Places()
    {
        var memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        Data = Directory.CreateDirectory(Path.Combine(memory, $"millrace-sim-{Environment.ProcessId}")).FullName;
    }

    public string Data { get; }

    public string Log => In("log");

    public string Lake => In("lake");

    public string Hot => In("hot");

    /// <summary>Id runs are read through a mapping: each has a copy here.</summary>
    public string Ids => In("ids");

    /// <summary>Where DuckDB writes.</summary>
    public string Scratch => In("tmp/lake");

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

    public string In(string name) => Path.Combine(Data, name);

    public void Dispose() => Directory.Delete(Data, recursive: true);
}
