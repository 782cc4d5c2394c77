using Millrace.Log;

namespace Millrace.Cli;

/// <summary>What the disk itself takes: 4 KB appended to a file and synced, time after time.</summary>
internal sealed class DiskProbe(string directory, TimeProvider clock)
{
    private const int BlockBytes = 4 << 10;

    /// <summary>Often enough for a 99th percentile, seldom enough not to be the load.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Milliseconds of each append, sorted.</summary>
    public double[] Run(Func<bool> isOver)
    {
        var path = Path.Combine(directory, "probe");
        var disk = new PosixDisk();
        var times = new List<double>();
        var block = new byte[BlockBytes];
        using (var file = disk.Create(path))
        {
            for (long at = 0; !isOver(); at += BlockBytes)
            {
                var begin = clock.GetTimestamp();
                file.Write(block, at);
                file.SyncData();
                times.Add(clock.GetElapsedTime(begin).TotalMilliseconds);
                Thread.Sleep(Pause);
            }
        }
        disk.Delete(path);
        return [.. times.Order()];
    }
}
