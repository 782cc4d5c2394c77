using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>One vendor's way to send events: its routes, what it counts,
/// its answers (Collect) and its decoding (Refine).</summary>
/// <remarks>Implementations hold no state and are thread safe.
/// Golden files in tests/golden show each one's mapping.</remarks>
internal interface IProtocol
{
    /// <summary>The value of the column <c>protocol</c>, kept in the log: never change it.</summary>
    string Name { get; }

    IReadOnlyList<ProtocolRoute> Routes { get; }

    /// <summary>Checks that a body is sound and finds its events.
    /// The same call counts in Collect and in Refine.</summary>
    /// <param name="body">Content-decoded; its UTF-8 was checked before.</param>
    /// <returns>Null, or why the whole body is refused.</returns>
    Refusal? Shape(ReadOnlySpan<byte> body, ProtocolRoute route, BodyShape shape);

    /// <summary>Fills a cleared <paramref name="raw"/> from one event of a shaped body, or fails it. Never throws for
    /// what a client sent.</summary>
    void Decode(in ReceivedEvent received, RawEvent raw);

    /// <summary>The body of the 200, in the SDK's own language.</summary>
    Answer Accept(ProtocolRoute route, int accepted, string receipt);

    /// <summary>The status and body which make this vendor's SDKs do the right thing about a refusal.</summary>
    Answer Refuse(ProtocolRoute route, Refusal refusal);
}

/// <summary>A path of a protocol, without trailing slash.</summary>
/// <param name="Path">Exact, such as <c>/v1/batch</c>; it is what the ledger shows.</param>
/// <param name="Call">What the path itself says about its events: the Segment type of <c>/v1/track</c>;
/// empty: nothing.</param>
/// <param name="IsHistory">Events may be older than 30 days (docs/formats/envelope.md, tag 9).</param>
internal sealed record ProtocolRoute(string Path, string Call = "", bool IsHistory = false);

/// <summary>What a client gets back.</summary>
internal readonly record struct Answer(int Status, string ContentType, ReadOnlyMemory<byte> Body);

/// <summary>One event of a body on its way through <see cref="IProtocol.Decode"/>.</summary>
internal readonly ref struct ReceivedEvent
{
    public required ReadOnlySpan<byte> Body { get; init; }

    public required BodyShape Shape { get; init; }

    /// <summary>Which of <see cref="BodyShape.Events"/>.</summary>
    public required int Index { get; init; }

    public required ProtocolRoute Route { get; init; }

    /// <summary>The request's User-Agent; empty if it had none.</summary>
    public ReadOnlySpan<byte> UserAgent { get; init; }

    public ReadOnlySpan<byte> Json => Body[Shape.Events[Index]];
}
