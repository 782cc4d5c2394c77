using System.Buffers;
using System.Text;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Tests.Refine;

/// <summary>A record as Collect appends it.</summary>
/// <param name="Events">What the record header says.</param>
internal sealed record Payload(string Body, int Events)
{
    public EnvelopeKind Kind { get; init; } = EnvelopeKind.Batch;

    public string Tenant { get; init; } = "acme";

    public string Protocol { get; init; } = "native";

    public string Route { get; init; } = "/v1/events";

    public byte[] Stamp { get; init; } = [];

    public bool IsHistory { get; init; }

    /// <summary>A native body of events with these ids.</summary>
    public static Payload Ids(params string[] ids) =>
        new($"[{string.Join(',', ids.Select(id => $$"""{"event":"e","event_id":"{{id}}"}"""))}]", ids.Length);

    public static Payload Segment(string body, int events, string route = "/v1/batch") =>
        new(body, events) { Protocol = "segment", Route = route, IsHistory = route == "/v1/import" };

    public static LogEntry Control(byte[] hash) => new()
    {
        Head = Envelope(EnvelopeKind.Control), Body = new ReadOnlySequence<byte>(hash), Stamp = hash,
    };

    public static LogEntry Refusals(IReadOnlyDictionary<RefusalRow, RefusalCount> rows) => new()
    {
        Head = Envelope(EnvelopeKind.Refusals), Body = new ReadOnlySequence<byte>(Millrace.Events.Refusals.Write(rows)),
    };

    public LogEntry ToEntry() => new()
    {
        Head = Bytes(Kind, new Envelope
        {
            Tenant = Encoding.UTF8.GetBytes(Tenant), Source = "web"u8, Protocol = Encoding.UTF8.GetBytes(Protocol),
            Route = Encoding.UTF8.GetBytes(Route), ClientAddress = [203, 0, 113, 77], IsHistory = IsHistory,
        }),
        Body = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(Body)),
        Events = Events,
    };

    public static byte[] Envelope(EnvelopeKind kind) => Bytes(kind, default);

    private static byte[] Bytes(EnvelopeKind kind, in Envelope envelope)
    {
        var bytes = new byte[Millrace.Events.Envelope.BytesMax(envelope)];
        return bytes[..Millrace.Events.Envelope.Write(bytes, kind, envelope)];
    }
}
