using System.Text;
using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>Segment's HTTP tracking API, which RudderStack's SDKs speak too.</summary>
internal sealed class SegmentProtocol : IProtocol
{
    private const int ExtraScratchBytes = 1024;

    // Slots beside the columns' own.
    private const int OriginalTimestamp = EventColumns.Count;
    private const int Traits = EventColumns.Count + 1;
    private const int Integrations = EventColumns.Count + 2;
    private const int WriteKey = EventColumns.Count + 3;
    private const int SlotCount = EventColumns.Count + 4;

    private static readonly JsonNames EventNames = new(
        ("type", (int)EventColumn.Type), ("event", (int)EventColumn.Event), ("name", (int)EventColumn.Name),
        ("messageId", (int)EventColumn.EventId), ("userId", (int)EventColumn.UserId),
        ("anonymousId", (int)EventColumn.AnonymousId), ("groupId", (int)EventColumn.GroupId),
        ("previousId", (int)EventColumn.PreviousId), ("timestamp", (int)EventColumn.ClientTime),
        ("originalTimestamp", OriginalTimestamp), ("sentAt", (int)EventColumn.SentTime),
        ("properties", (int)EventColumn.Properties), ("traits", Traits), ("context", (int)EventColumn.Context),
        ("integrations", Integrations), ("writeKey", WriteKey));

    private static readonly EventColumn[] TextColumns =
    [
        EventColumn.Event, EventColumn.Name, EventColumn.EventId, EventColumn.UserId, EventColumn.AnonymousId,
        EventColumn.GroupId, EventColumn.PreviousId,
    ];

    private static readonly ReadOnlyMemory<byte> Success = """{"success":true}"""u8.ToArray();

    public string Name => "segment";

    public IReadOnlyList<ProtocolRoute> Routes { get; } =
    [
        new("/v1/batch"), new("/v1/import", IsHistory: true),
        new("/v1/track", "track"), new("/v1/page", "page"), new("/v1/screen", "screen"),
        new("/v1/identify", "identify"), new("/v1/group", "group"), new("/v1/alias", "alias"),
    ];

    public Refusal? Shape(ReadOnlySpan<byte> body, ProtocolRoute route, BodyShape shape) =>
        SegmentBody.Shape(body, isBatch: route.Call.Length == 0, shape);

    public void Decode(in ReceivedEvent received, RawEvent raw)
    {
        var json = received.Json;
        if (!EventFields.CanBeRead(json, raw))
        {
            return;
        }
        Span<Range> places = stackalloc Range[SlotCount];
        places.Clear();
        var extra = new JsonScratch(stackalloc byte[ExtraScratchBytes]);
        try
        {
            var fields = new EventFields(json, EventNames, places, ref extra);
            SetCall(fields, received.Route, raw);
            SetTimes(fields, received, raw, ref extra);
            SetPayload(fields, received, raw, ref extra);
        }
        finally
        {
            extra.Dispose();
        }
        UrlParts.Set(raw);
    }

    /// <summary>SDKs look at the status alone; the body is what Segment's own service sends.</summary>
    public Answer Accept(ProtocolRoute route, int accepted, string receipt) => new(200, "application/json", Success);

    /// <summary>The native status does the right thing: today's SDKs drop on 400, 401 and 413 and retry 429 and
    /// 503.</summary>
    public Answer Refuse(ProtocolRoute route, Refusal refusal) =>
        new(refusal.Status, Problem.ContentType, Problem.Body(refusal));

    private static void SetCall(in EventFields fields, ProtocolRoute route, RawEvent raw)
    {
        fields.SetTexts(raw, TextColumns);
        // The route wins over the body's own type, as in RudderStack's gateway: the SDK chose the path with the call.
        if (route.Call.Length > 0)
        {
            Encoding.UTF8.GetBytes(route.Call, raw.Reserve(EventColumn.Type, route.Call.Length));
        }
        else
        {
            fields.SetText(raw, EventColumn.Type);
        }
        var type = raw.Text(EventColumn.Type);
        if (type.IsEmpty)
        {
            raw.Fail(EventFailure.MissingType);
        }
        else if (!IsCall(type))
        {
            raw.Fail(EventFailure.UnknownType);
        }
        else if (!raw.Text(EventColumn.Event).IsEmpty)
        {
            return;
        }
        else if (type.SequenceEqual("track"u8))
        {
            raw.Fail(EventFailure.MissingEvent);
        }
        else
        {
            raw.Set(EventColumn.Event, type);
        }
    }

    private static bool IsCall(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("track"u8) || type.SequenceEqual("page"u8) || type.SequenceEqual("screen"u8)
        || HasTraits(type) || type.SequenceEqual("alias"u8);

    private static bool HasTraits(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("identify"u8) || type.SequenceEqual("group"u8);

    private static void SetTimes(
        in EventFields fields, in ReceivedEvent received, RawEvent raw, scoped ref JsonScratch extra)
    {
        const int Timestamp = (int)EventColumn.ClientTime, SentAt = (int)EventColumn.SentTime;
        if (fields[Timestamp].IsEmpty)
        {
            raw.ClientTime = fields.Time(OriginalTimestamp, ref extra);
        }
        else
        {
            raw.ClientTime = fields.Time(Timestamp, ref extra);
            fields.LeaveTo(ref extra, OriginalTimestamp);
        }
        var own = fields[SentAt];
        var sentAt = own.IsEmpty ? received.Body[received.Shape.SentAt] : own;
        raw.SentTime = fields.Time(sentAt, SentAt, ref extra);
    }

    private static void SetPayload(
        in EventFields fields, in ReceivedEvent received, RawEvent raw, scoped ref JsonScratch extra)
    {
        var hasTraits = HasTraits(raw.Text(EventColumn.Type));
        var (payload, other) = hasTraits
            ? (Traits, (int)EventColumn.Properties) : ((int)EventColumn.Properties, Traits);
        fields.LeaveTo(ref extra, other);
        var integrations = fields[Integrations];
        integrations = integrations.IsEmpty ? received.Body[received.Shape.Integrations] : integrations;
        if (!integrations.IsEmpty)
        {
            extra.AppendMember("integrations"u8, integrations);
        }
        var own = fields.Object(raw, (int)EventColumn.Context);
        EventContext.Set(raw, received.Body[received.Shape.Context], own, extra.Written);
        // The column's text holds no name twice, so what is read from it agrees with what is stored.
        var context = raw.Text(EventColumn.Context);
        SegmentContext.SetColumns(raw, context);
        var properties = fields.Object(raw, payload);
        if (properties.IsEmpty && hasTraits)
        {
            properties = EventContext.Find(context, "traits"u8, default);
            properties = !properties.IsEmpty && properties[0] == '{' ? properties : default;
        }
        if (!properties.IsEmpty)
        {
            EventFields.SetJson(raw, EventColumn.Properties, properties);
        }
    }
}
