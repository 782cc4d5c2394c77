using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Log;

/// <summary>The disk of this machine (Linux). Every result of the operating system is checked.</summary>
public sealed class PosixDisk : IDisk
{
    public IDiskFile Create(string path) => OpenFile(path, Posix.ReadWrite | Posix.CreateNew, "create");

    public IDiskFile Open(string path, FileAccess access) => OpenFile(path, Flags(access), "open");

    public void Rename(string from, string to)
    {
        if (Posix.Rename(from, to) != 0)
        {
            throw Failure("rename", $"{from} to {to}");
        }
    }

    public void Delete(string path)
    {
        if (Posix.Unlink(path) != 0 && Marshal.GetLastPInvokeError() != Posix.NotFound)
        {
            throw Failure("remove", path);
        }
    }

    public void CreateDirectory(string path)
    {
        path = Path.GetFullPath(path);
        if (Directory.Exists(path))
        {
            return;
        }
        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
        {
            CreateDirectory(parent);
        }
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"Cannot create the directory {path}: permission denied.", refused);
        }
        if (parent is not null)
        {
            SyncDirectory(parent);
        }
    }

    public void SyncDirectory(string path)
    {
        using SafeFileHandle directory = OpenHandle(path, Posix.ReadOnly, "open the directory");
        // Safe to repeat: an interrupted fsync has not consumed the error state of the file.
        while (Posix.Sync(directory) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Posix.Interrupted)
            {
                throw Failure("sync the directory", path);
            }
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }
        try
        {
            string[] names = [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))];
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"Cannot list the directory {directory}: permission denied.", refused);
        }
    }

    public DiskSpace Space(string path)
    {
        var drive = new DriveInfo(path);
        return new DiskSpace(drive.AvailableFreeSpace, drive.TotalSize);
    }

    internal static DiskException Failure(string operation, string path) =>
        new(operation, path, Marshal.GetLastPInvokeError());

    private static PosixDiskFile OpenFile(string path, int flags, string operation) =>
        new(OpenHandle(path, flags, operation), path);

    private static SafeFileHandle OpenHandle(string path, int flags, string operation)
    {
        int descriptor;
        do
        {
            descriptor = Posix.Open(path, flags | Posix.CloseOnExec, Posix.OwnerAndGroup);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Posix.Interrupted);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }
        DiskException failure = Failure(operation, path);
        throw failure.Errno == Posix.NotFound ? new FileNotFoundException(failure.Message, path, failure) : failure;
    }

    private static int Flags(FileAccess access) => access switch
    {
        FileAccess.Read => Posix.ReadOnly,
        FileAccess.Write => Posix.WriteOnly,
        _ => Posix.ReadWrite,
    };
}
