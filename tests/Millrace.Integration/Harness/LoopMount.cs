using System.Runtime.InteropServices;

namespace Millrace.Integration;

/// <summary>A file system of its own in a file, whose power can be cut. Gone when disposed.</summary>
/// <remarks>
/// The cut is the file system's own shutdown: what it has not yet written to the file is lost, as the page cache and
/// the disk's queue are with the power, and every later call on it fails. The file itself stands for the disk.
/// </remarks>
internal sealed partial class LoopMount : IDisposable
{
    private const long ImageBytes = 1L << 30; // sparse; xfs takes no less than 300 MB

    // XFS_IOC_GOINGDOWN, which ext4 knows too, and its XFS_FSOP_GOING_FLAGS_NOLOGFLUSH.
    private const uint GoDown = 0x8004587D;
    private const uint WithoutFlush = 2;

    private const int ReadDirectory = 0x10000;

    private readonly string _image;

    private LoopMount(string image, string path) => (_image, Path) = (image, path);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Why this machine cannot do it; null: it can.</summary>
    public static string? WhyNot()
    {
        var missing = new[] { "mkfs.ext4", "mkfs.xfs" }
            .Where(program => !File.Exists(System.IO.Path.Combine("/usr/sbin", program)));
        return Environment.UserName != "root" ? "Only root can mount."
            : !File.Exists("/dev/loop-control") ? "This machine has no loop devices."
            : missing.FirstOrDefault() is { } program ? $"There is no {program} (Debian: xfsprogs, e2fsprogs)."
            : null;
    }

    /// <param name="folder">Takes the image and the mount point.</param>
    /// <param name="kind"><c>ext4</c> or <c>xfs</c>.</param>
    public static async Task<LoopMount> MakeAsync(string folder, string kind)
    {
        var mount = new LoopMount(System.IO.Path.Combine(folder, $"{kind}.img"), System.IO.Path.Combine(folder, kind));
        Directory.CreateDirectory(mount.Path);
        await using (var image = File.Create(mount._image))
        {
            image.SetLength(ImageBytes);
        }
        await RunAsync($"mkfs.{kind}", "-q", mount._image);
        await mount.MountAsync();
        return mount;
    }

    /// <summary>By one system call: whoever needs to know what came before it need not wait for a program to
    /// start.</summary>
    public void CutPower()
    {
        var root = Open(Path, ReadDirectory);
        var flags = WithoutFlush;
        Control(root, GoDown, ref flags).ShouldBe(0, $"error {Marshal.GetLastPInvokeError()}");
        Close(root).ShouldBe(0);
    }

    /// <summary>Power again: the file system recovers from its journal. Whoever had files open must be gone.</summary>
    public async Task RestoreAsync()
    {
        // What a killed process had mapped goes a moment after the process.
        await Eventually.SeeAsync(() => ChildProcess.RunAsync(ToUnmount()), outcome => outcome.ExitCode == 0);
        await MountAsync();
    }

    public void Dispose()
    {
        // Lazily: a test that failed may have left a process on it. The loop device goes with the mount.
        using var unmount = System.Diagnostics.Process.Start("umount", ["-l", Path]);
        unmount.WaitForExit();
        File.Delete(_image);
    }

    private Command ToUnmount() => new("umount", [Path]);

    private Task MountAsync() => RunAsync("mount", "-o", "loop", _image, Path);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int file, nuint request, ref uint flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new Command(program, arguments))).Succeeded();
}
