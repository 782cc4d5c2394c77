using System.Buffers;

namespace Millrace.Send;

/// <summary>Collects lines until they fill a batch. Not thread safe.</summary>
internal sealed class BatchBuilder(string key, int eventsMax, string origin = "")
{
    /// <summary>A body stays well below the 4 MB that a native request may have.</summary>
    public const int BodyBytesMax = 1_000_000;

    /// <summary>A longer line travels alone, so that it delays or spoils no other.</summary>
    public const int SharedLineBytesMax = 256 * 1024;

    private ArrayBufferWriter<byte> _body = new();
    private readonly List<long> _lines = [];
    private bool _isExclusive;

    public int Events => _lines.Count;

    /// <summary>When the first line came, as a timestamp of the caller's clock.</summary>
    public long Since { get; private set; }

    /// <summary>Whether a line of this length may join; if not, <see cref="Take"/> first.</summary>
    public bool Fits(int lineBytes) => Events == 0 || (!_isExclusive && Events < eventsMax &&
        lineBytes <= SharedLineBytesMax && _body.WrittenCount + lineBytes < BodyBytesMax);

    public void Add(ReadOnlySpan<byte> line, long number, long timestamp)
    {
        if (Events == 0)
        {
            Since = timestamp;
        }
        _isExclusive = line.Length > SharedLineBytesMax;
        _body.Write(line);
        _body.Write("\n"u8);
        _lines.Add(number);
    }

    /// <summary>Hands out what was collected and begins anew.</summary>
    public OutgoingBatch Take()
    {
        var batch = new OutgoingBatch(key, _body.WrittenSpan.ToArray(), _lines.ToArray()) { Origin = origin };
        if (_body.Capacity > 2 * BodyBytesMax)
        {
            _body = new ArrayBufferWriter<byte>();
        }
        _body.ResetWrittenCount();
        _lines.Clear();
        _isExclusive = false;
        return batch;
    }
}
