using System.Buffers;

namespace Millrace.Log;

/// <summary>What a record must satisfy besides its checksum, where it is looked for.</summary>
/// <param name="Limit">It ends at or before this offset.</param>
/// <param name="Received">Receive time of the record before it.</param>
/// <param name="Events">Events before it, at least.</param>
internal readonly record struct Bound(long Limit, long Received, long Events);

/// <summary>A valid record where it was found; its payload lives until the next look into the segment.</summary>
internal readonly record struct StoredRecord(RecordHeader Header, ReadOnlyMemory<byte> Payload)
{
    public long End => Header.Offset + RecordHeader.PaddedBytes(RecordHeader.Bytes + Payload.Length);
}

/// <summary>A segment open for reading, through a window of its bytes that moves forward. Hot path.</summary>
/// <remarks>Not thread safe. Bytes at or behind a limit are never read, so the window holds only what no longer
/// changes.</remarks>
internal sealed class SegmentView : IDisposable
{
    private const int WindowBytes = 1 << 20;

    private readonly IDiskFile _file;
    private byte[] _window = [];
    private long _windowStart;
    private int _windowCount;

    private SegmentView(IDiskFile file, LogSegment segment)
    {
        _file = file;
        Segment = segment;
    }

    public LogSegment Segment { get; }

    public SegmentHeader? Header => Segment.Header;

    public SegmentName Name => new(Segment.Base, Segment.End);

    /// <exception cref="FileNotFoundException">There is no such segment.</exception>
    public static SegmentView Open(IDisk disk, string directory, SegmentName name)
    {
        string path = name.PathIn(directory);
        IDiskFile file = disk.Open(path, FileAccess.Read);
        try
        {
            return new SegmentView(file, LogSegments.Describe(file, path, name));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The valid record at an offset, if there is one.</summary>
    public bool TryRead(long offset, Bound bound, out StoredRecord record)
    {
        record = default;
        int length = PlausibleLength(offset, bound);
        if (length == 0)
        {
            return false;
        }
        ReadOnlyMemory<byte> bytes = Bytes(offset, length, bound.Limit);
        record = new StoredRecord(RecordHeader.Read(bytes.Span), bytes[RecordHeader.Bytes..]);
        return RecordHeader.IsSound(bytes.Span, Header!.Salt);
    }

    /// <summary>The first valid record behind a broken one, at any multiple of 8.</summary>
    /// <remarks>The length of the broken one is not believed: a flipped bit in it would skip sound records. Gives up
    /// when it has checked four times the segment's size, so that damage cannot cost more than that.</remarks>
    public bool TryFind(long broken, Bound bound, out StoredRecord record)
    {
        record = default;
        long budget = 4 * (Segment.End - Segment.Base);
        for (long at = broken + 8; budget > 0 && bound.Limit - at >= RecordHeader.Bytes; at += 8)
        {
            int length = PlausibleLength(at, bound);
            budget -= length;
            if (length > 0 && TryRead(at, bound, out record))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether nothing was ever written behind the header.</summary>
    public bool IsBlank() => IsBlank(Segment.Base);

    /// <summary>Whether nothing was ever written from an offset on.</summary>
    public bool IsBlank(long from)
    {
        long end = Segment.Base + Math.Max(0, Segment.FileBytes - SegmentHeader.AreaBytes);
        for (long at = from; at < end; at += WindowBytes)
        {
            if (Bytes(at, (int)Math.Min(WindowBytes, end - at), end).Span.ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }
        return true;
    }

    public void Dispose()
    {
        _file.Dispose();
        Return();
    }

    /// <summary>Length of what may be a record, by its header fields; 0: none.</summary>
    private int PlausibleLength(long offset, Bound bound)
    {
        if (Header is null || bound.Limit - offset < RecordHeader.Bytes)
        {
            return 0;
        }
        ReadOnlySpan<byte> bytes = Bytes(offset, RecordHeader.Bytes, bound.Limit).Span;
        int length = RecordHeader.LengthAt(bytes, offset, bound.Limit - offset);
        if (length == 0)
        {
            return 0;
        }
        RecordHeader header = RecordHeader.Read(bytes);
        bool follows = header.Received >= bound.Received && header.FirstEvent >= bound.Events && header.Events >= 0;
        return follows ? length : 0;
    }

    /// <summary>Bytes of the segment; those behind the end of a truncated file are zeros.</summary>
    private ReadOnlyMemory<byte> Bytes(long offset, int count, long limit)
    {
        if (offset < _windowStart || offset + count > _windowStart + _windowCount)
        {
            Fill(offset, count, limit);
        }
        return _window.AsMemory((int)(offset - _windowStart), count);
    }

    private void Fill(long offset, int count, long limit)
    {
        int wanted = (int)Math.Min(Math.Max(WindowBytes, count), limit - offset);
        _windowCount = 0;
        if (_window.Length < wanted || _window.Length > 4 * Math.Max(wanted, WindowBytes))
        {
            Return();
            _window = ArrayPool<byte>.Shared.Rent(wanted);
        }
        int read = _file.Read(_window.AsSpan(0, wanted), SegmentHeader.AreaBytes + offset - Segment.Base);
        _window.AsSpan(read, wanted - read).Clear();
        _windowStart = offset;
        _windowCount = wanted;
    }

    private void Return()
    {
        if (_window.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_window);
            _window = [];
        }
    }
}
