using System.Text;
using System.Text.Json;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Refine;

/// <summary>Takes the items of the log in order: batches become rows, control records change the rules, refusals and
/// damage go to the ledger.</summary>
/// <remarks>Not thread safe: it belongs to one loop.</remarks>
internal sealed class LogRefiner(Refiner refiner, Func<ReadOnlySpan<byte>, RefineRules> rulesOf)
{
    private long _segment = -1;
    private long _lastReceived;
    private uint _stamps;

    /// <summary>Control records that damage of the log took, so far. The next one, or the next segment, puts the rules
    /// right again.</summary>
    public long ControlRecordsLost { get; private set; }

    /// <summary>A record of the log. One for which the rules could not be looked up may be taken again.</summary>
    /// <exception cref="InvalidDataException">A newer Millrace wrote it; nothing was taken.</exception>
    public void Take(in LogRecord record, IRowSink sink)
    {
        _lastReceived = record.ReceivedMicros;
        TakeStamp(record);
        var state = Envelope.TryRead(record.Payload, out var envelope);
        if (state == EnvelopeState.Newer)
        {
            throw new InvalidDataException(
                $"The log record at offset {record.Offset} was written by a newer Millrace: "
                + "start that version to read it.");
        }
        var batch = new ReceivedBatch
        {
            Offset = record.Offset, Received = record.ReceivedMicros, Events = record.Events, Envelope = envelope,
        };
        if (state == EnvelopeState.Malformed)
        {
            CountDamage(batch, new LedgerCount(Outcome.Damaged, "envelope_malformed", batch.Events, 0), sink);
            return;
        }
        switch (envelope.Kind)
        {
            case EnvelopeKind.Batch: refiner.Refine(batch, sink); break;
            case EnvelopeKind.Control: refiner.Rules = rulesOf(envelope.Body); break;
            case EnvelopeKind.Refusals: CountRefusals(batch, sink); break;
            default: throw new System.Diagnostics.UnreachableException();
        }
        ControlRecordsLost += StampsMissing(record, envelope.Kind);
    }

    /// <summary>Learns the rules and the time in force at a position from the records before it in its
    /// segment.</summary>
    /// <param name="segment">A reader at the beginning of the segment.</param>
    public void Prime(LogReader segment, long position)
    {
        while (segment.TryRead(out var item) && (item.Damage?.From ?? item.Record.Offset) < position)
        {
            if (item.Damage is null)
            {
                _lastReceived = item.Record.ReceivedMicros;
                TakeStamp(item.Record);
                var isSound = Envelope.TryRead(item.Record.Payload, out var envelope) == EnvelopeState.Sound;
                if (isSound && envelope.Kind == EnvelopeKind.Control)
                {
                    refiner.Rules = rulesOf(envelope.Body);
                }
                StampsMissing(item.Record, isSound ? envelope.Kind : EnvelopeKind.Batch);
            }
        }
    }

    /// <summary>A segment says which version is in force at its base.</summary>
    private void TakeStamp(in LogRecord record)
    {
        if (record.SegmentBase != _segment)
        {
            refiner.Rules = rulesOf(record.Stamp);
            _segment = record.SegmentBase;
            _stamps = record.SegmentStamps;
        }
    }

    /// <summary>How many more times the stamp had been set, when this record was placed, than control records were
    /// read in its segment.</summary>
    private uint StampsMissing(in LogRecord record, EnvelopeKind kind)
    {
        var expected = _stamps + (kind == EnvelopeKind.Control ? 1u : 0u);
        _stamps = record.Stamps;
        return record.Stamps > expected ? record.Stamps - expected : 0;
    }

    /// <summary>Bytes of the log that could not be read; their events are known by number only.</summary>
    public void Take(in LogDamage damage, IRowSink sink)
    {
        // A gap, such as before a log that was lost and began anew, is no event's.
        if (damage.Events > 0)
        {
            CountDamage(
                new ReceivedBatch
                {
                    Offset = damage.From, Received = Math.Max(_lastReceived, damage.ReceivedMicros), Events = 0,
                    Envelope = default,
                },
                new LedgerCount(Outcome.Damaged, "log_damaged", damage.Events, 0), sink);
        }
    }

    private static void CountDamage(in ReceivedBatch batch, in LedgerCount damaged, IRowSink sink)
    {
        sink.Count(batch, damaged with { Outcome = Outcome.Received, Reason = "" });
        sink.Count(batch, damaged);
    }

    private static void CountRefusals(in ReceivedBatch record, IRowSink sink)
    {
        if (ReadRefusals(record.Body) is not { } rows)
        {
            sink.Count(record, new LedgerCount(Outcome.Damaged, "refusals_malformed", 0, record.Body.Length));
            return;
        }
        foreach (var (row, count) in rows)
        {
            var refused = new ReceivedBatch
            {
                Offset = record.Offset, Received = row.Minute, Events = 0, Envelope = new Envelope
                {
                    Tenant = Encoding.UTF8.GetBytes(row.Tenant),
                    Source = Encoding.UTF8.GetBytes(row.Source),
                    Route = Encoding.UTF8.GetBytes(row.Route),
                },
            };
            var code = $"{row.Status} {row.Code}";
            sink.Count(refused, new LedgerCount(Outcome.Refused, code, count.Requests, count.Bytes));
        }
    }

    /// <summary>Null if the body is not what Collect writes: it must not stop the log.</summary>
    private static IEnumerable<(RefusalRow Row, RefusalCount Count)>? ReadRefusals(ReadOnlySpan<byte> body)
    {
        try
        {
            return Refusals.Read(body);
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException
            or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
