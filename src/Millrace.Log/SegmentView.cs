using System.Buffers;
using System.Buffers.Binary;

namespace Millrace.Log;

/// <summary>A segment open for reading, through a window of its bytes that moves forward. Hot path.</summary>
/// <remarks>Not thread safe. Bytes at or behind a limit are never read, so the window holds only what no longer changes.</remarks>
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

    public long Base => Segment.Base;

    /// <summary>Exclusive end of the offsets it owns; its base if its header is lost.</summary>
    public long End => Segment.Header?.End ?? Base;

    /// <exception cref="FileNotFoundException">There is no such segment.</exception>
    public static SegmentView Open(IDisk disk, string directory, long firstOffset)
    {
        string path = LogSegments.PathOf(directory, firstOffset);
        IDiskFile file = disk.Open(path, FileAccess.Read);
        try
        {
            return new SegmentView(file, LogSegments.Describe(file, path, firstOffset));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The valid record at an offset, if there is one that ends at or before the limit.</summary>
    /// <param name="payload">Valid until the next call.</param>
    public bool TryRead(long offset, long limit, out RecordHeader header, out ReadOnlyMemory<byte> payload)
    {
        header = default;
        payload = default;
        if (Segment.Header is not { } segment || limit - offset < RecordHeader.Bytes)
        {
            return false;
        }
        int length = RecordHeader.LengthAt(Bytes(offset, RecordHeader.Bytes, limit).Span, offset, limit - offset);
        if (length == 0)
        {
            return false;
        }
        ReadOnlyMemory<byte> record = Bytes(offset, length, limit);
        payload = record[RecordHeader.Bytes..];
        return RecordHeader.TryRead(record.Span, segment.Salt, out header);
    }

    /// <summary>Offset of the first valid record at or after a place; -1 if none ends at or before the limit.</summary>
    public long Find(long from, long limit)
    {
        for (long at = from; limit - at >= RecordHeader.Bytes; at += 8)
        {
            // The offset field filters nearly all places before a CRC is tried.
            if (BinaryPrimitives.ReadInt64LittleEndian(Bytes(at, RecordHeader.Bytes, limit).Span[8..]) == at
                && TryRead(at, limit, out _, out _))
            {
                return at;
            }
        }
        return -1;
    }

    /// <summary>Whether nothing was ever written behind the header.</summary>
    public bool IsBlank()
    {
        for (long at = Base; at < End; at += WindowBytes)
        {
            if (Bytes(at, (int)Math.Min(WindowBytes, End - at), End).Span.ContainsAnyExcept((byte)0))
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
        int read = _file.Read(_window.AsSpan(0, wanted), SegmentHeader.AreaBytes + offset - Base);
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
