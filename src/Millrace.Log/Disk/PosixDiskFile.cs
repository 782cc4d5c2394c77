using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Millrace.Log;

internal sealed class PosixDiskFile(SafeFileHandle handle, string path) : IDiskFile
{
    public long Length => RandomAccess.GetLength(handle);

    public unsafe int Read(Span<byte> buffer, long position)
    {
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = Posix.Read(handle, start + done, (nuint)(buffer.Length - done), position + done);
                if (count == 0)
                {
                    break;
                }
                done += Advance(count, "read");
            }
        }
        return done;
    }

    public unsafe void Write(ReadOnlySpan<byte> bytes, long position)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint count = Posix.Write(handle, start + done, (nuint)(bytes.Length - done), position + done);
                done += Advance(count, "write");
            }
        }
    }

    public void SetLength(long bytes)
    {
        while (Posix.SetLength(handle, bytes) != 0)
        {
            ThrowUnlessInterrupted("set the length of");
        }
    }

    public void SyncData()
    {
        while (Posix.SyncData(handle) != 0)
        {
            ThrowUnlessInterrupted("sync");
        }
    }

    public void Dispose() => handle.Dispose();

    private int Advance(nint count, string operation)
    {
        if (count < 0)
        {
            ThrowUnlessInterrupted(operation);
            return 0;
        }
        return (int)count;
    }

    /// <summary>An interrupted call did nothing and left the error state of the file alone, so it may be
    /// repeated.</summary>
    private void ThrowUnlessInterrupted(string operation)
    {
        if (Marshal.GetLastPInvokeError() != Posix.Interrupted)
        {
            throw PosixDisk.Failure(operation, path);
        }
    }
}
