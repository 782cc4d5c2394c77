namespace Millrace.Log;

/// <summary>The one seam through which bytes become durable: the log and the lake's local store write through
/// it.</summary>
/// <remarks>
/// Every member throws <see cref="IOException"/> when the disk fails; nothing is retried here. Nothing is durable
/// before <see cref="IDiskFile.SyncData"/> (contents) and <see cref="SyncDirectory"/> (names) returned.
/// Implementations are thread safe.
/// </remarks>
public interface IDisk
{
    /// <summary>Creates a file that must not exist, open for reading and writing.</summary>
    IDiskFile Create(string path);

    /// <summary>Opens an existing file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    IDiskFile Open(string path, FileAccess access);

    /// <summary>Moves a file atomically, replacing what stands at <paramref name="to"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; one that is already gone is fine.</summary>
    void Delete(string path);

    /// <summary>Creates a directory and its missing parents, each synced into its parent.</summary>
    void CreateDirectory(string path);

    /// <summary>Makes creations, renames and removals inside a directory durable.</summary>
    void SyncDirectory(string path);

    /// <summary>Names (not paths) of the files in a directory, in ordinal order; none if it does not exist.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Free and total bytes of the file system that holds a path, as this user may use them.</summary>
    DiskSpace Space(string path);
}

/// <summary>An open file of an <see cref="IDisk"/>; positions are absolute, there is no cursor.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Bytes in the file now.</summary>
    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; returns the bytes read.</summary>
    int Read(Span<byte> buffer, long position);

    /// <summary>Writes all the bytes, growing the file where it ends before them.</summary>
    void Write(ReadOnlySpan<byte> bytes, long position);

    /// <summary>Cuts or extends (with zeros) the file.</summary>
    void SetLength(long bytes);

    /// <summary>Returns once the contents are on the disk (<c>fdatasync</c>). After a failure nothing is known of
    /// what was written since the last success: do not write to this file again.</summary>
    void SyncData();
}

/// <summary>Room on a file system.</summary>
/// <param name="FreeBytes">Bytes this user may still write.</param>
/// <param name="TotalBytes">Size of the file system.</param>
public readonly record struct DiskSpace(long FreeBytes, long TotalBytes);
