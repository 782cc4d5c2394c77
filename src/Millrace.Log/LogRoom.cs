namespace Millrace.Log;

/// <summary>The free space that the log leaves to those who win space back, the lake first: the smaller of
/// <see cref="LogOptions.FreeBytesMin"/> and <see cref="LogOptions.FreeShareMin"/>.</summary>
/// <remarks>The log grows by whole files alone, so a look before each of them keeps it from taking more. A file made
/// without blocks takes its room only while it fills; what it has yet to take counts as taken.</remarks>
internal sealed class LogRoom(LogOptions options, IDisk disk)
{
    private volatile bool _isFull;
    private volatile bool _lacksSegment;
    private long _promisedBytes;

    /// <summary>Whether appends must be refused for want of room, as of the last <see cref="Look"/>.</summary>
    public bool IsFull => _isFull;

    /// <summary>True while the log has nothing to write to and no room to make it.</summary>
    public bool LacksSegment
    {
        get => _lacksSegment;
        set
        {
            _lacksSegment = value;
            _isFull |= value;
        }
    }

    /// <summary>The log writes to a file from now on that has yet to take so many bytes; 0: it has all its
    /// blocks.</summary>
    public void Promise(long bytes) => Volatile.Write(ref _promisedBytes, bytes);

    /// <summary>No more than so many bytes of that file are still to be written.</summary>
    public void Remain(long bytes) => Promise(Math.Min(bytes, Volatile.Read(ref _promisedBytes)));

    /// <exception cref="IOException">The disk failed; what was known of the room stays.</exception>
    public void Look() => _isFull = !Takes(_lacksSegment ? options.SegmentBytes : 0);

    /// <summary>Whether a file of so many bytes leaves enough.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool Takes(long bytes)
    {
        DiskSpace space = disk.Space(options.Directory);
        long freeBytes = space.FreeBytes - Volatile.Read(ref _promisedBytes);
        return freeBytes - bytes >= Math.Min(options.FreeBytesMin, space.TotalBytes * options.FreeShareMin);
    }
}

/// <summary>A file of the log would take of the room that the log leaves alone.</summary>
internal sealed class NoRoomException(string directory)
    : IOException($"There is too little free space at '{directory}' for another segment.");
