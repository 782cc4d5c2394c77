using System.Globalization;
using System.Text;
using Millrace.Events;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>Puts what Refine makes into the rows of the current generation, and shows them as hot segments.</summary>
/// <remarks>Hot path. Not thread safe: it belongs to the lake's loop.</remarks>
internal sealed class FreshRows(string node) : IRowSink
{
    private const int FailedIdBytesMax = 64;
    private const int Utf8TextsMax = 1024;

    /// <summary>Text columns that the event itself fills.</summary>
    private static readonly EventColumn[] OwnTextColumns =
    [
        .. EventColumns.All.Where(column => EventColumns.Type(column) == ColumnType.Text).Except(
        [
            EventColumn.EventId, EventColumn.Tenant, EventColumn.Source, EventColumn.Protocol, EventColumn.Node,
        ]),
    ];

    private readonly Dictionary<string, byte[]> _utf8 = [];
    private readonly string _node = node;
    private readonly byte[] _nodeUtf8 = Encoding.ASCII.GetBytes(node);
    private readonly Utf8Names _names = new();
    private byte[] _payload = new byte[4096];
    private byte[] _envelope = new byte[1024];
    private Generation? _generation;
    private int _shownEvents;
    private int _shownFailed;

    /// <summary>Rows waiting for a hot segment.</summary>
    public long Rows => Events.Count - _shownEvents + FailedEvents.Count - _shownFailed;

    /// <summary>Bytes of their text; more than their body had where a batch shares a context.</summary>
    public long Bytes { get; private set; }

    public required LakeMetrics Metrics { get; init; }

    private LakeRows Events => _generation!.Rows.Events;

    private LakeRows FailedEvents => _generation!.Rows.FailedEvents;

    /// <summary>From now on rows and counts belong to this generation. No row may be waiting.</summary>
    public void Begin(Generation generation)
    {
        _generation = generation;
        (_shownEvents, _shownFailed, Bytes) = (0, 0, 0);
    }

    public void Store(in Event stored)
    {
        AppendEvent(Events, stored);
        _generation!.CoverDay(stored.EventTime);
        Bytes += stored.Raw.TextBytes;
    }

    public void Fail(in FailedEvent failed)
    {
        AppendFailed(FailedEvents, failed);
        Bytes += failed.Payload.Length;
    }

    public void Count(in ReceivedBatch batch, in LedgerCount count)
    {
        var envelope = batch.Envelope;
        _generation!.Ledger.Add(
            new LedgerKey(
                LedgerIncrements.MinuteOf(batch.Received), _names.Get(envelope.Tenant), _names.Get(envelope.Source),
                _names.Get(envelope.Route), count.Outcome, count.Reason),
            count.Events, count.Bytes);
        Metrics.Refined(count.Outcome, count.Events);
    }

    /// <summary>Shows the rows as hot segments, one a table that has any. If writing fails they still wait.</summary>
    public IReadOnlyList<HotSegment> WriteHot(HotSegments hot, (long First, long End) range)
    {
        var written = new List<HotSegment>();
        if (Events.Count > _shownEvents)
        {
            written.Add(hot.Write(Events, _shownEvents, range));
        }
        if (FailedEvents.Count > _shownFailed)
        {
            written.Add(hot.Write(FailedEvents, _shownFailed, range));
        }
        (_shownEvents, _shownFailed, Bytes) = (Events.Count, FailedEvents.Count, 0);
        return written;
    }

    private void AppendEvent(LakeRows rows, in Event stored)
    {
        var raw = stored.Raw;
        var envelope = stored.Batch.Envelope;
        Set(rows, EventColumn.EventId, stored.Id);
        Set(rows, EventColumn.Tenant, envelope.Tenant);
        if (!envelope.Source.IsEmpty)
        {
            Set(rows, EventColumn.Source, envelope.Source);
        }
        Set(rows, EventColumn.Protocol, envelope.Protocol);
        Set(rows, EventColumn.Node, _nodeUtf8);
        foreach (var column in OwnTextColumns)
        {
            if (raw.Has(column))
            {
                Set(rows, column, raw.Text(column));
            }
        }
        Set(rows, EventColumn.EventTime, stored.EventTime);
        Set(rows, EventColumn.ReceivedTime, stored.Batch.Received);
        Set(rows, EventColumn.LogOffset, stored.Batch.Offset);
        Set(rows, EventColumn.BatchIndex, stored.Index);
        Set(rows, EventColumn.ClientTime, raw.ClientTime);
        Set(rows, EventColumn.SentTime, raw.SentTime);
        Set(rows, EventColumn.Latitude, Bits(raw.Latitude));
        Set(rows, EventColumn.Longitude, Bits(raw.Longitude));
        Set(rows, EventColumn.IsBot, raw.IsBot is { } isBot ? (isBot ? 1 : 0) : null);
        rows.EndRow();
    }

    private void AppendFailed(LakeRows rows, in FailedEvent failed)
    {
        var batch = failed.Batch;
        Span<byte> id = stackalloc byte[FailedIdBytesMax];
        rows.Set(1, id[..WriteFailedId(id, batch.Offset, failed.Index)]);
        rows.Set(2, batch.Envelope.Tenant);
        if (!batch.Envelope.Source.IsEmpty)
        {
            rows.Set(3, batch.Envelope.Source);
        }
        rows.Set(4, batch.Received);
        rows.Set(5, "decode"u8);
        rows.Set(6, Utf8(failed.Failure.Code));
        rows.Set(7, Utf8(failed.Failure.Reason));
        if (!failed.EventName.IsEmpty)
        {
            rows.Set(8, failed.EventName);
        }
        rows.Set(9, PlainPayload(failed.Payload));
        rows.Set(10, _nodeUtf8);
        rows.Set(11, batch.Offset);
        rows.Set(12, failed.Index);
        if (failed.IsFirst)
        {
            // Once a record: a body of a million broken events with a large context must not become a million of them.
            rows.Set(13, EnvelopeOf(failed));
        }
        rows.EndRow();
    }

    private static void Set(LakeRows rows, EventColumn column, ReadOnlySpan<byte> text) => rows.Set((int)column, text);

    private static void Set(LakeRows rows, EventColumn column, long? value)
    {
        if (value is { } known)
        {
            rows.Set((int)column, known);
        }
    }

    private static long? Bits(double? real) => real is { } known ? BitConverter.DoubleToInt64Bits(known) : null;

    private int WriteFailedId(Span<byte> target, long offset, int index) =>
        System.Text.Unicode.Utf8.TryWrite(
            target, CultureInfo.InvariantCulture, $"{_node}-{offset}-{index}", out var written)
            ? written : throw new System.Diagnostics.UnreachableException();

    /// <summary>Codes and reasons are few, failed events may be many.</summary>
    private byte[] Utf8(string text)
    {
        if (!_utf8.TryGetValue(text, out var bytes))
        {
            if (_utf8.Count >= Utf8TextsMax)
            {
                _utf8.Clear();
            }
            _utf8[text] = bytes = Encoding.UTF8.GetBytes(text);
        }
        return bytes;
    }

    /// <summary>The envelope as a replay needs it: what the record said,
    /// and what its body said of all its events.</summary>
    private ReadOnlySpan<byte> EnvelopeOf(in FailedEvent failed)
    {
        var envelope = failed.Batch.Envelope with { Shared = failed.Shared };
        var bytesMax = Envelope.BytesMax(envelope);
        if (_envelope.Length < bytesMax)
        {
            _envelope = new byte[bytesMax];
        }
        return _envelope.AsSpan(0, Envelope.Write(_envelope, EnvelopeKind.Batch, envelope));
    }

    /// <summary>Byte 0 says how the rest is kept; 0 is plain (docs/formats/tables.md).</summary>
    private ReadOnlySpan<byte> PlainPayload(ReadOnlySpan<byte> json)
    {
        if (_payload.Length < json.Length + 1)
        {
            _payload = new byte[json.Length + 1];
        }
        _payload[0] = 0;
        json.CopyTo(_payload.AsSpan(1));
        return _payload.AsSpan(0, json.Length + 1);
    }
}
