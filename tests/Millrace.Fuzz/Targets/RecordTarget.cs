using System.Text;
using System.Text.Unicode;
using Millrace.Events;
using Millrace.Log;
using Millrace.Protocols;
using Millrace.Refine;

namespace Millrace.Fuzz.Targets;

/// <summary>Payloads of log records through Refine: each event of the header's count ends somewhere, and nothing throws
/// but for a newer version. An input is a byte of events and a payload.</summary>
internal static class RecordTarget
{
    private static readonly SegmentHeader Segment = new()
    {
        Salt = 1, Base = 0, Capacity = 1 << 20, PreviousEnd = 0, FirstEvent = 0, Node = 1, Created = 0,
        ReceivedMin = 0, Stamp = new byte[32], LogStart = 0, Stamps = 0,
    };

    public static TargetRun Start() => new([.. Seeds()], Run);

    private static void Run(byte[] input)
    {
        if (input.Length == 0 || !IsText(input.AsSpan(1)))
        {
            return;
        }
        var claims = new Claims(new IdHash(new byte[IdHash.KeyBytes]), new IdRuns());
        var protocols = new ProtocolTable([new NativeProtocol(), new SegmentProtocol()]);
        var refiner = new LogRefiner(
            new Refiner(protocols, claims, "0000000000000001"), hash => new RefineRules(200 + hash.Length));
        var header = new RecordHeader { Offset = 4096, Received = 1_800_000_000_000_000, Events = input[0] };
        var sink = new Counting();
        try
        {
            refiner.Take(new LogRecord(new StoredRecord(header, input.AsMemory(1)), Segment), sink);
        }
        catch (InvalidDataException)
        {
            // Written by a newer Millrace.
            FindingException.ThrowIf(sink.Rows > 0, "It took some of a record that it does not know.");
            return;
        }
        sink.Check();
    }

    /// <summary>Collect lets no other bodies in.</summary>
    private static bool IsText(ReadOnlySpan<byte> payload) =>
        Envelope.TryRead(payload, out var envelope) != EnvelopeState.Sound
        || (Utf8.IsValid(envelope.Body) && Utf8.IsValid(envelope.Tenant));

    private static IEnumerable<byte[]> Seeds()
    {
        string[] native = ["{\"event\":\"a\",\"event_id\":\"1\"}", "[{\"event\":\"a\",\"event_id\":\"1\"},{},7]"];
        string[] segment =
            ["{\"batch\":[{\"type\":\"track\",\"event\":\"a\",\"messageId\":\"m\"}],\"context\":{\"ip\":\"1.2.3.4\"}}"];
        const string Refused =
            """[{"minute":1,"tenant":"","source":"","route":"/r","status":400,"code":"c","requests":1,"bytes":2}]""";
        foreach (var body in native)
        {
            yield return Record(EnvelopeKind.Batch, "native", "/v1/events", body);
        }
        foreach (var body in segment)
        {
            yield return Record(EnvelopeKind.Batch, "segment", "/v1/batch", body);
        }
        yield return Record(EnvelopeKind.Refusals, "", "", Refused);
        yield return Record(EnvelopeKind.Control, "", "", new string('c', 32));
    }

    private static byte[] Record(EnvelopeKind kind, string protocol, string route, string body)
    {
        var envelope = new Envelope
        {
            Tenant = "t"u8, Source = "s"u8, Protocol = Encoding.UTF8.GetBytes(protocol),
            Route = Encoding.UTF8.GetBytes(route), ClientAddress = [203, 0, 113, 77], UserAgent = "ua"u8,
        };
        var bytes = new byte[Envelope.BytesMax(envelope)];
        return [3, .. bytes.AsSpan(0, Envelope.Write(bytes, kind, envelope)), .. Encoding.UTF8.GetBytes(body)];
    }

    /// <summary>The ledger of one record.</summary>
    private sealed class Counting : IRowSink
    {
        private readonly Dictionary<Outcome, long> _counts = [];
        private long _stored;
        private long _failed;

        public long Rows => _stored + _failed + _counts.Count;

        public void Store(in Event stored)
        {
            FindingException.ThrowIf(stored.Id.IsEmpty, "An event has no id.");
            _stored++;
        }

        public void Fail(in FailedEvent failed) => _failed++;

        public void Count(in ReceivedBatch batch, in LedgerCount count) =>
            _counts[count.Outcome] = Of(count.Outcome) + count.Events;

        public void Check()
        {
            FindingException.ThrowIf(Of(Outcome.Stored) != _stored, "The ledger counts other rows than there are.");
            FindingException.ThrowIf(Of(Outcome.Failed) != _failed, "The ledger counts other failures than there are.");
            // A header that counts too few shows as residue.
            var ended = _stored + _failed + Of(Outcome.Duplicate) + Of(Outcome.Damaged) + Of(Outcome.Dropped);
            FindingException.ThrowIf(ended < Of(Outcome.Received), "The ledger does not close.");
        }

        private long Of(Outcome outcome) => _counts.GetValueOrDefault(outcome);
    }
}
