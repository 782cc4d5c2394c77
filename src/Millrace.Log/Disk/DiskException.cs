using System.Runtime.InteropServices;

namespace Millrace.Log;

/// <summary>A disk operation failed. The message names the operation, the path and the reason.</summary>
public sealed class DiskException(string operation, string path, int errno) : IOException(
    $"Cannot {operation} {path}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).")
{
    /// <summary>Linux: no space left on device.</summary>
    public const int NoSpace = 28;

    /// <summary>Linux: input/output error.</summary>
    public const int InputOutput = 5;

    /// <summary>The error number of the operating system.</summary>
    public int Errno { get; } = errno;
}
