using System.Buffers.Text;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Refine;

/// <summary>Turns the batches of the log into rows: decode, validate, give time and id, drop duplicates.</summary>
/// <remarks>
/// Hot path. A pure function of the batch, the rules in force at its offset and the ids claimed before it, so a replay
/// after a crash gives the same rows. Whatever a client sent becomes a row, a failed event or a duplicate; nothing
/// throws for it. Not thread safe: one instance per loop.
/// </remarks>
internal sealed class Refiner(ProtocolTable protocols, Claims claims, string node)
{
    private readonly BodyShape _shape = new();
    private readonly RawEvent _raw = new();
    private readonly byte[] _lineageId = new byte[node.Length + 2 + 20 + 10];
    private readonly HashSet<int> _historyDays = [];
    private Counts _counts;

    /// <summary>The rules in force for the next batch.</summary>
    public RefineRules Rules { get; set; } = RefineRules.Default;

    /// <exception cref="InvalidDataException">A newer Millrace wrote it; nothing was taken.</exception>
    public void Refine(in ReceivedBatch batch, IRowSink sink)
    {
        if (!protocols.TryFind(batch.Envelope, out var protocol, out var route))
        {
            throw new InvalidDataException($"The log record at offset {batch.Offset} has a protocol or route that this "
                + "Millrace does not know: start the newer version that wrote it.");
        }
        sink.Count(batch, new LedgerCount(Outcome.Received, "", batch.Events, batch.Body.Length));
        _shape.Clear();
        if (protocol.Shape(batch.Body, route, _shape) is { } refusal)
        {
            sink.Count(batch, new LedgerCount(Outcome.Damaged, refusal.Code, batch.Events, batch.Body.Length));
            return;
        }
        _counts = default;
        _historyDays.Clear();
        for (var index = 0; index < _shape.Events.Count; index++)
        {
            RefineEvent(batch, new ReceivedEvent
            {
                Body = batch.Body, Shape = _shape, Index = index, Route = route, UserAgent = batch.Envelope.UserAgent,
            }, protocol, sink);
        }
        if (_counts.Stored > 0)
        {
            sink.Count(batch, new LedgerCount(Outcome.Stored, "", _counts.Stored, _counts.StoredBytes));
        }
        if (_counts.Duplicates > 0)
        {
            sink.Count(batch, new LedgerCount(Outcome.Duplicate, "", _counts.Duplicates, _counts.DuplicateBytes));
        }
        if (_shape.Events.Count < batch.Events)
        {
            var missing = batch.Events - _shape.Events.Count;
            sink.Count(batch, new LedgerCount(Outcome.Damaged, "count_mismatch", missing, Bytes: 0));
        }
    }

    private void RefineEvent(in ReceivedBatch batch, in ReceivedEvent received, IProtocol protocol, IRowSink sink)
    {
        var json = received.Json;
        _raw.Clear();
        if (json.Length > Rules.EventBytesMax)
        {
            _raw.Fail(EventFailure.TooLarge);
        }
        else
        {
            protocol.Decode(received, _raw);
            CheckDay(batch);
        }
        if (_raw.Failure is { } failure)
        {
            sink.Count(batch, new LedgerCount(Outcome.Failed, failure.Code, 1, json.Length));
            sink.Fail(new FailedEvent
            {
                Batch = batch, Index = received.Index, Failure = failure,
                EventName = _raw.Text(EventColumn.Event), Payload = json,
                IsFirst = _counts.Failed++ == 0,
                Shared = _counts.Failed == 1 ? received.Shape.SharedJson(received.Body) : default,
            });
            return;
        }
        var id = _raw.Text(EventColumn.EventId);
        if (id.IsEmpty)
        {
            // It is unique by construction and needs no claim.
            id = LineageId(batch.Offset, received.Index);
        }
        else if (!claims.TryClaim(batch.Envelope.Tenant, id, new Claim(batch.Offset, received.Index, batch.Received)))
        {
            _counts.Duplicates++;
            _counts.DuplicateBytes += json.Length;
            return;
        }
        _counts.Stored++;
        _counts.StoredBytes += json.Length;
        sink.Store(Finish(batch, received.Index, id));
    }

    /// <summary>The day of an event is its file: the days of a batch are bounded, or a body of a few megabytes would
    /// make as many files as it has events.</summary>
    private void CheckDay(in ReceivedBatch batch)
    {
        if (!batch.Envelope.IsHistory || _raw.Failure is not null)
        {
            return;
        }
        var day = EventClock.DayOf(EventClock.EventTime(_raw, batch.Received, isHistory: true));
        if (!_historyDays.Contains(day) && _historyDays.Count == EventClock.HistoryDaysMax)
        {
            _raw.Fail(EventFailure.TooManyDays);
            return;
        }
        _historyDays.Add(day);
    }

    private Event Finish(in ReceivedBatch batch, int index, ReadOnlySpan<byte> id)
    {
        SetIp(batch.Envelope.ClientAddress);
        return new Event
        {
            Batch = batch, Raw = _raw, Index = index, Id = id,
            EventTime = EventClock.EventTime(_raw, batch.Received, batch.Envelope.IsHistory),
        };
    }

    /// <summary>An address is truncated before anything is written; one that cannot be read is left out.</summary>
    private void SetIp(ReadOnlySpan<byte> clientAddress)
    {
        Span<byte> truncated = stackalloc byte[IpText.BytesMax];
        var length = _raw.Has(EventColumn.Ip) ? IpText.Truncate(_raw.Text(EventColumn.Ip), truncated)
            : _raw.IsFromDevice ? IpText.Write(clientAddress, truncated) : 0;
        _raw.Remove(EventColumn.Ip);
        if (length > 0)
        {
            _raw.Set(EventColumn.Ip, truncated[..length]);
        }
    }

    private ReadOnlySpan<byte> LineageId(long offset, int index)
    {
        var at = System.Text.Encoding.ASCII.GetBytes(node, _lineageId);
        _lineageId[at++] = (byte)'-';
        Utf8Formatter.TryFormat(offset, _lineageId.AsSpan(at), out var written);
        at += written;
        _lineageId[at++] = (byte)'-';
        Utf8Formatter.TryFormat(index, _lineageId.AsSpan(at), out written);
        return _lineageId.AsSpan(0, at + written);
    }

    /// <summary>What became of the events of one batch: the ledger takes sums, not one addition an event.</summary>
    private struct Counts
    {
        public long Stored;
        public long StoredBytes;
        public long Duplicates;
        public long DuplicateBytes;
        public long Failed;
    }
}
