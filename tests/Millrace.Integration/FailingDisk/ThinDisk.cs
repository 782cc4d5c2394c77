using System.Globalization;

namespace Millrace.Integration.FailingDisk;

/// <summary>A file system that has less room than it says: a write without room succeeds, its sync fails, and what was
/// not synced is lost with the page cache. Gone when disposed.</summary>
/// <remarks>
/// xfs on a compressed disk in memory (zram) whose memory gets a bound: a device write beyond it fails. The journal is
/// on a second one without a bound, and xfs repeats what it could not write of its own structures, so the file system
/// stays whole and contents alone are lost. A loop device on a full file system will not do: its driver takes a short
/// write to the file for a whole one, so that a sync succeeds although bytes are missing (docs/reliability.md).
/// </remarks>
internal sealed class ThinDisk : IAsyncDisposable
{
    private const string Control = "/sys/class/zram-control";
    private const long DiskBytes = 1L << 30;
    private const long JournalBytes = 96L << 20; // xfs takes no less than 64 MB

    private readonly string _disk;
    private readonly string _journal;

    private ThinDisk(string path, string disk, string journal) => (Path, _disk, _journal) = (path, disk, journal);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Why this machine cannot do it; null: it can.</summary>
    public static string? WhyNot() => !Environment.IsPrivilegedProcess ? "Only root can mount."
        : !File.Exists(Control + "/hot_add") ? "This kernel makes no compressed disks in memory (modprobe zram)."
        : !File.Exists("/usr/sbin/mkfs.xfs") ? "There is no mkfs.xfs (Debian: xfsprogs)."
        : null;

    public static async Task<ThinDisk> MountAtAsync(string path)
    {
        var disk = new ThinDisk(path, Add(DiskBytes), Add(JournalBytes));
        Directory.CreateDirectory(path);
        await RunAsync("mkfs.xfs", "-q", "-K", "-s", "size=4096",
            "-l", $"logdev=/dev/{disk._journal},sectsize=4096", $"/dev/{disk._disk}");
        await disk.MountAsync();
        return disk;
    }

    /// <summary>Leaves it so many bytes of room. Zeros take none.</summary>
    public void Fill(long leaveBytes)
    {
        var used = File.ReadAllText(Setting(_disk, "mm_stat")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        Bound(long.Parse(used, CultureInfo.InvariantCulture) + leaveBytes);
    }

    /// <summary>Takes back what <see cref="Fill"/> did.</summary>
    public void Empty() => Bound(0);

    /// <summary>Drops the page cache, and with it what the kernel could not write and holds for clean. Nobody may have
    /// files open.</summary>
    public async Task ForgetUnsyncedAsync()
    {
        await Eventually.SeeAsync(
            () => ChildProcess.RunAsync(new Command("umount", [Path])), outcome => outcome.ExitCode == 0);
        await MountAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Empty(); // without room xfs would try for ever to write what it has
        // Lazily: a test that failed may have left a process on it.
        await ChildProcess.RunAsync(new Command("umount", ["-l", Path]));
        await Eventually.BeTrueAsync(() => IsRemoved(_disk));
        await Eventually.BeTrueAsync(() => IsRemoved(_journal));
    }

    private static string Add(long bytes)
    {
        var name = "zram" + File.ReadAllText(Control + "/hot_add").Trim(); // reading it makes one
        File.WriteAllText(Setting(name, "disksize"), Text(bytes));
        return name;
    }

    /// <summary>A device that is still in use cannot go.</summary>
    private static bool IsRemoved(string name)
    {
        try
        {
            File.WriteAllText(Setting(name, "reset"), "1");
            File.WriteAllText(Control + "/hot_remove", name["zram".Length..]);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Setting(string device, string name) => $"/sys/block/{device}/{name}";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new Command(program, arguments))).Succeeded();

    private void Bound(long bytes) => File.WriteAllText(Setting(_disk, "mem_limit"), Text(bytes));

    private Task MountAsync() => RunAsync("mount", "-o", $"logdev=/dev/{_journal}", $"/dev/{_disk}", Path);
}
