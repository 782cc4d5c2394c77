namespace Millrace.Events;

/// <summary>One decoded event: the columns its protocol filled, or the reason why it cannot become a row.</summary>
/// <remarks>
/// Hot path. One instance is reused for every event of a thread: <see cref="Clear"/>, fill, read. Text is copied into
/// one buffer, so a column stays valid until the next <see cref="Clear"/>, whatever happens to the body. Not thread
/// safe.
/// </remarks>
internal sealed class RawEvent
{
    private const int BufferBytesKept = 4 << 20;

    private readonly (int Start, int Length)[] _text = new (int, int)[EventColumns.Count];
    private readonly bool[] _isSet = new bool[EventColumns.Count];
    private byte[] _buffer = new byte[16 * 1024];
    private int _used;

    /// <summary>When the client says it happened, µs UTC; null if it did not say or could not be read.</summary>
    public long? ClientTime { get; set; }

    /// <summary>When the client says it sent this, µs UTC.</summary>
    public long? SentTime { get; set; }

    public double? Latitude { get; set; }

    public double? Longitude { get; set; }

    public bool? IsBot { get; set; }

    /// <summary>The client's clock is known to be right (Snowplow's true time): no skew correction.</summary>
    public bool IsTrueTime { get; set; }

    /// <summary>The request came from the device itself, so its address is the device's;
    /// a server's would mislead.</summary>
    public bool IsFromDevice { get; set; }

    /// <summary>Bytes of all text it holds.</summary>
    public int TextBytes => _used;

    /// <summary>Why this is no row; null while it may become one. The first failure stays.</summary>
    public EventFailure? Failure { get; private set; }

    /// <summary>The text of a column; empty both when it is not set and when it is the empty string.</summary>
    public ReadOnlySpan<byte> Text(EventColumn column)
    {
        var (start, length) = _text[(int)column];
        return _isSet[(int)column] ? _buffer.AsSpan(start, length) : default;
    }

    public bool Has(EventColumn column) => _isSet[(int)column];

    /// <summary>Sets a text column; a later value replaces an earlier one.</summary>
    public void Set(EventColumn column, ReadOnlySpan<byte> utf8) => utf8.CopyTo(Reserve(column, utf8.Length));

    /// <summary>Sets a text column to <paramref name="length"/> bytes which the caller writes into the span
    /// returned.</summary>
    public Span<byte> Reserve(EventColumn column, int length)
    {
        if (_buffer.Length - _used < length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _used + length));
        }
        _text[(int)column] = (_used, length);
        _isSet[(int)column] = true;
        var place = _buffer.AsSpan(_used, length);
        _used += length;
        return place;
    }

    /// <summary>Keeps the first <paramref name="length"/> bytes of a column that <see cref="Reserve"/> made too
    /// long.</summary>
    public void Shorten(EventColumn column, int length)
    {
        ref var text = ref _text[(int)column];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, text.Length);
        text.Length = length;
    }

    public void Remove(EventColumn column) => _isSet[(int)column] = false;

    public void Fail(EventFailure failure) => Failure ??= failure;

    public void Clear()
    {
        Array.Clear(_isSet);
        _used = 0;
        if (_buffer.Length > BufferBytesKept)
        {
            _buffer = new byte[16 * 1024];
        }
        (ClientTime, SentTime, Latitude, Longitude, IsBot, Failure) = (null, null, null, null, null, null);
        (IsTrueTime, IsFromDevice) = (false, false);
    }
}
