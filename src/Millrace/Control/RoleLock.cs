using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Control;

/// <summary>DIR/locks/&lt;name&gt;, held with <c>flock</c> until disposed or until the process dies, however it
/// dies.</summary>
/// <remarks>Opened by <c>open</c> itself: .NET locks each file it opens, shared or exclusive, so it could neither wait
/// for a lock nor read the pid of its holder.</remarks>
internal sealed partial class RoleLock : IDisposable
{
    // <fcntl.h>: O_RDWR | O_CREAT | O_CLOEXEC, and rw-r--r--.
    private const int OpenFlags = 0x2 | 0x40 | 0x80000;
    private const int Mode = 0x1A4;

    // <sys/file.h>
    private const int Exclusive = 2;
    private const int NonBlocking = 4;

    private readonly SafeFileHandle _file;

    private RoleLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes a lock at once; null: somebody has it.</summary>
    /// <param name="holder">The pid of whoever has it, for a message.</param>
    public static RoleLock? TryTake(string path, out string holder)
    {
        var file = OpenFile(path);
        if (Flock(file, Exclusive | NonBlocking) == 0)
        {
            holder = "";
            WritePid(file);
            return new RoleLock(file);
        }
        using (file)
        {
            Span<byte> pid = stackalloc byte[20];
            holder = Encoding.ASCII.GetString(pid[..RandomAccess.Read(file, pid, 0)]).Trim();
            return null;
        }
    }

    /// <summary>Takes a lock that is held for moments only, waiting for it.</summary>
    public static RoleLock Wait(string path)
    {
        var file = OpenFile(path);
        if (Flock(file, Exclusive) != 0)
        {
            file.Dispose();
            throw new IOException($"'{path}' could not be locked (error {Marshal.GetLastPInvokeError()}).");
        }
        return new RoleLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle OpenFile(string path)
    {
        var descriptor = Open(path, OpenFlags, Mode);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"'{path}' could not be opened (error {Marshal.GetLastPInvokeError()}).");
    }

    private static void WritePid(SafeFileHandle file)
    {
        var pid = Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, pid, 0);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}
