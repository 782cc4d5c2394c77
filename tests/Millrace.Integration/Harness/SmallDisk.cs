namespace Millrace.Integration;

/// <summary>A tmpfs of its own at a directory, which can be filled: it says how full it is, and a write that has no room
/// fails. Gone when disposed.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    private string Filler => Path.Combine(_path, "filler");

    /// <summary>Why this machine cannot do it; null: it can.</summary>
    public static string? WhyNot() => Environment.IsPrivilegedProcess ? null : "Only root can mount.";

    public static async Task<SmallDisk> MountAtAsync(string path, long bytes)
    {
        Directory.CreateDirectory(path);
        var mount = new Command("mount", ["-t", "tmpfs", "-o", $"size={bytes}", "none", path]);
        (await ChildProcess.RunAsync(mount)).Succeeded();
        return new SmallDisk(path);
    }

    /// <summary>Takes all the room there is but so many bytes.</summary>
    public async Task FillAsync(long leaveBytes)
    {
        var drive = new DriveInfo(_path);
        await Eventually.SeeAsync(
            () =>
            {
                // Others write meanwhile: what was free a moment ago may not be.
                var bytes = Math.Max(4096, drive.AvailableFreeSpace - leaveBytes);
                return ChildProcess.RunAsync(new Command("fallocate", ["-l", $"{bytes}", Filler]));
            },
            outcome => outcome.ExitCode == 0);
    }

    /// <summary>Gives back what <see cref="FillAsync"/> took.</summary>
    public void Empty() => File.Delete(Filler);

    // Lazily: a test that failed may have left a process on it.
    public async ValueTask DisposeAsync() => await ChildProcess.RunAsync(new Command("umount", ["-l", _path]));
}
