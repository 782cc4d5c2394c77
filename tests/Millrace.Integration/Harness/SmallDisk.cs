namespace Millrace.Integration;

/// <summary>A small file system of its own at a directory, which can be filled. Gone when disposed.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _backing;
    private readonly string? _image;

    private SmallDisk(string path, string backing, string? image) => (Path, _backing, _image) = (path, backing, image);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(_backing, "filler");

    /// <summary>Why this machine cannot do it; null: it can.</summary>
    public static string? WhyNot() => !Environment.IsPrivilegedProcess ? "Only root can mount."
        : !File.Exists("/dev/loop-control") ? "This machine has no loop devices."
        : !File.Exists("/usr/sbin/mkfs.ext4") ? "There is no mkfs.ext4 (Debian: e2fsprogs)."
        : null;

    /// <summary>A tmpfs: it says how full it is, and a write that has no room fails.</summary>
    public static async Task<SmallDisk> TmpfsAsync(string path, long bytes)
    {
        await MountTmpfsAsync(path, bytes);
        return new SmallDisk(path, path, null);
    }

    /// <summary>An ext4 that believes in 256 MiB and stands on a tmpfs of fewer bytes: where that is full a write
    /// succeeds and its sync fails, and what was not synced is lost with the page cache.</summary>
    /// <param name="backing">Directory to be made for the tmpfs.</param>
    public static async Task<SmallDisk> ThinAsync(string path, string backing, long bytes)
    {
        await MountTmpfsAsync(backing, bytes);
        var disk = new SmallDisk(path, backing, System.IO.Path.Combine(backing, "disk.img"));
        await using (var image = File.Create(disk._image!))
        {
            image.SetLength(256L << 20);
        }
        await RunAsync("mkfs.ext4", "-q", "-J", "size=4", "-N", "1024", "-E",
            "nodiscard,lazy_itable_init=0,lazy_journal_init=0,packed_meta_blocks=1", disk._image!);
        // What the file system itself needs has its room now: it stays whole, and only contents find none.
        await RunAsync("fallocate", "-l", "12MiB", disk._image!);
        Directory.CreateDirectory(path);
        await disk.MountImageAsync();
        return disk;
    }

    /// <summary>Takes all the room there is but so many bytes.</summary>
    public async Task FillAsync(long leaveBytes)
    {
        var drive = new DriveInfo(_backing);
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

    /// <summary>Drops the page cache, and with it what the kernel could not write and holds for clean. Nobody may have
    /// files open.</summary>
    public async Task ForgetUnsyncedAsync()
    {
        await Eventually.SeeAsync(
            () => ChildProcess.RunAsync(new Command("umount", [Path])), outcome => outcome.ExitCode == 0);
        await MountImageAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Lazily: a test that failed may have left a process on it. The loop device goes with the mount.
        await ChildProcess.RunAsync(new Command("umount", ["-l", Path]));
        if (_backing != Path)
        {
            await ChildProcess.RunAsync(new Command("umount", ["-l", _backing]));
        }
    }

    private static Task MountTmpfsAsync(string path, long bytes)
    {
        Directory.CreateDirectory(path);
        return RunAsync("mount", "-t", "tmpfs", "-o", $"size={bytes}", "none", path);
    }

    private Task MountImageAsync() => RunAsync("mount", "-o", "loop", _image!, Path);

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new Command(program, arguments))).Succeeded();
}
