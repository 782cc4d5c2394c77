using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Control;

/// <summary>DIR/locks/&lt;name&gt;, held with <c>flock</c> until disposed or until the process dies, however it dies.</summary>
internal sealed partial class RoleLock : IDisposable
{
    private const int Exclusive = 2;
    private const int NonBlocking = 4;

    private readonly SafeFileHandle _handle;

    private RoleLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>Takes a lock at once; null: somebody has it.</summary>
    public static RoleLock? TryTake(string path) => Take(path, Exclusive | NonBlocking);

    /// <summary>Takes a lock that is held for moments only.</summary>
    public static RoleLock Wait(string path) =>
        Take(path, Exclusive) ?? throw new IOException($"'{path}' could not be locked.");

    public void Dispose() => _handle.Dispose();

    /// <summary>The pid of whoever holds a lock, for a message; empty: it does not say.</summary>
    public static string Holder(string path) => File.ReadAllText(path).Trim();

    private static RoleLock? Take(string path, int operation)
    {
        // Shared open: the lock is flock's alone, and people may read the pid.
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (Flock(handle, operation) != 0)
        {
            handle.Dispose();
            return null;
        }
        var pid = Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, pid, 0);
        return new RoleLock(handle);
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle handle, int operation);
}
