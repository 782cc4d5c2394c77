using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>Millrace's own events: flat objects whose fields are columns, alone, in an array, or as NDJSON.</summary>
internal sealed class NativeProtocol : IProtocol
{
    private const int ExtraScratchBytes = 1024;

    // Columns that Millrace fills itself: a client's field of that name is plain data and stays under context.extra.
    private static readonly EventColumn[] NotForClients =
    [
        EventColumn.Tenant, EventColumn.Source, EventColumn.Protocol, EventColumn.Level, EventColumn.Schema,
        EventColumn.EventTime, EventColumn.ClientTime, EventColumn.ReceivedTime, EventColumn.IpHash,
        EventColumn.Node, EventColumn.LogOffset, EventColumn.BatchIndex,
    ];

    private static readonly EventColumn[] Columns = [.. EventColumns.All.Except(NotForClients)];

    private static readonly EventColumn[] TextColumns =
    [
        .. Columns.Where(column => EventColumns.Type(column) == ColumnType.Text)
            .Except([EventColumn.Properties, EventColumn.Context]),
    ];

    // `event_time` is the client's word for when it happened; what becomes of it is decided later.
    private static readonly JsonNames Names = new(
        Columns.Select(column => (EventColumns.Name(column), (int)column))
            .Append((EventColumns.Name(EventColumn.EventTime), (int)EventColumn.ClientTime)));

    public string Name => "native";

    public IReadOnlyList<ProtocolRoute> Routes { get; } = [new("/v1/events"), new("/ndjson")];

    /// <summary>Every value of the body is an event, or an array of events. A line may hold the end of one value only:
    /// <c>{} "x"</c> is no NDJSON but broken JSON.</summary>
    public Refusal? Shape(ReadOnlySpan<byte> body, ProtocolRoute route, BodyShape shape)
    {
        if (JsonBlock.IsFast && TrySkim(body, shape))
        {
            return null;
        }
        shape.Clear();
        return Read(body, shape);
    }

    /// <summary>Finds the events of a body that is sound and holds no values but objects and arrays.</summary>
    internal static bool TrySkim(ReadOnlySpan<byte> body, BodyShape shape)
    {
        var skim = new JsonSkim(body);
        var end = 0;
        for (var at = skim.Next(); at < body.Length; at = skim.Next())
        {
            if (end > 0 && !body[end..at].Contains((byte)'\n'))
            {
                return false;
            }
            if (skim.At(at) == '[')
            {
                if (!skim.TryElements(BodyReader.DepthMax - 1, shape.Events, out end))
                {
                    return false;
                }
                continue;
            }
            if (skim.At(at) != '{' || !skim.TrySkipContainer(at, BodyReader.DepthMax, out end))
            {
                return false;
            }
            shape.Events.Add(at..end);
        }
        return end > 0 && skim.IsSound;
    }

    /// <summary>The same for every body, by the reader whose word counts.</summary>
    internal static Refusal? Read(ReadOnlySpan<byte> body, BodyShape shape)
    {
        var reader = BodyReader.Create(body, hasManyValues: true);
        var end = 0;
        try
        {
            while (reader.Read())
            {
                if (end > 0 && !body[end..(int)reader.TokenStartIndex].Contains((byte)'\n'))
                {
                    return Refusal.NotJson;
                }
                if (reader.TokenType == JsonTokenType.StartArray)
                {
                    BodyReader.AddEvents(ref reader, shape);
                }
                else
                {
                    BodyReader.AddEvent(ref reader, shape);
                }
                end = (int)reader.BytesConsumed;
            }
        }
        catch (JsonException)
        {
            return BodyReader.WhyNot(body);
        }
        return end > 0 ? null : Refusal.NotJson;
    }

    public void Decode(in ReceivedEvent received, RawEvent raw)
    {
        var json = received.Json;
        if (!EventFields.CanBeRead(json, raw))
        {
            return;
        }
        Span<Range> places = stackalloc Range[EventColumns.Count];
        places.Clear();
        var extra = new JsonScratch(stackalloc byte[ExtraScratchBytes]);
        try
        {
            var fields = new EventFields(json, Names, places, ref extra);
            SetColumns(fields, raw);
            raw.ClientTime = fields.Time((int)EventColumn.ClientTime, ref extra);
            raw.SentTime = fields.Time((int)EventColumn.SentTime, ref extra);
            EventContext.Set(raw, default, fields.Object(raw, (int)EventColumn.Context), extra.Written);
        }
        finally
        {
            extra.Dispose();
        }
        raw.IsFromDevice = true;
        // A header may hold any bytes; a column holds text.
        if (!raw.Has(EventColumn.UserAgent) && !received.UserAgent.IsEmpty && Utf8.IsValid(received.UserAgent))
        {
            raw.Set(EventColumn.UserAgent, received.UserAgent);
        }
        UrlParts.Set(raw);
    }

    public Answer Accept(ProtocolRoute route, int accepted, string receipt) =>
        new(200, "application/json", Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $$"""{"accepted":{{accepted}},"receipt":"{{receipt}}"}""")));

    public Answer Refuse(ProtocolRoute route, Refusal refusal) =>
        new(refusal.Status, Problem.ContentType, Problem.Body(refusal));

    private static void SetColumns(in EventFields fields, RawEvent raw)
    {
        fields.SetTexts(raw, TextColumns);
        raw.Latitude = fields.Degrees(raw, EventColumn.Latitude, 90);
        raw.Longitude = fields.Degrees(raw, EventColumn.Longitude, 180);
        raw.IsBot = fields.Flag(raw, EventColumn.IsBot);
        var properties = fields.Object(raw, (int)EventColumn.Properties);
        if (!properties.IsEmpty)
        {
            EventFields.SetJson(raw, EventColumn.Properties, properties);
        }
        if (raw.Text(EventColumn.Type).IsEmpty)
        {
            raw.Set(EventColumn.Type, "track"u8);
        }
        if (raw.Text(EventColumn.Event).IsEmpty)
        {
            raw.Fail(EventFailure.MissingEvent);
        }
    }
}
