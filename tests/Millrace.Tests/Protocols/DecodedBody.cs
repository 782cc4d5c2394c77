using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

/// <summary>A body sent through a protocol: what golden files describe.</summary>
internal sealed record DecodedBody(Refusal? Refusal, string? Key, IReadOnlyList<JsonObject> Events)
{
    public static DecodedBody Decode(IProtocol protocol, string path, ReadOnlySpan<byte> body, string userAgent = "")
    {
        var route = protocol.Routes.Single(candidate => candidate.Path == path);
        var shape = new BodyShape();
        var refusal = protocol.Shape(body, route, shape);
        if (refusal is not null)
        {
            return new DecodedBody(refusal, null, []);
        }
        var key = shape.Key.Equals(default) ? null : Encoding.UTF8.GetString(body[shape.Key]);
        var raw = new RawEvent();
        var events = new List<JsonObject>();
        for (var index = 0; index < shape.Events.Count; index++)
        {
            raw.Clear();
            var received = new ReceivedEvent
            {
                Body = body, Shape = shape, Index = index, Route = route, UserAgent = Encoding.UTF8.GetBytes(userAgent),
            };
            protocol.Decode(received, raw);
            events.Add(Describe(raw));
        }
        return new DecodedBody(null, key, events);
    }

    public static DecodedBody Decode(IProtocol protocol, string path, string body) =>
        Decode(protocol, path, Encoding.UTF8.GetBytes(body));

    /// <summary>The columns that are set, or the code of the failure.</summary>
    public static JsonObject Describe(RawEvent raw)
    {
        if (raw.Failure is { } failure)
        {
            return new JsonObject { ["failed"] = failure.Code };
        }
        var row = new JsonObject();
        foreach (var column in EventColumns.All)
        {
            JsonNode? value = column switch
            {
                EventColumn.ClientTime => Time(raw.ClientTime),
                EventColumn.SentTime => Time(raw.SentTime),
                EventColumn.Latitude => raw.Latitude,
                EventColumn.Longitude => raw.Longitude,
                EventColumn.IsBot => raw.IsBot,
                _ => raw.Has(column) ? Encoding.UTF8.GetString(raw.Text(column)) : null,
            };
            if (value is not null)
            {
                row[EventColumns.Name(column)] = value;
            }
        }
        return row;
    }

    private static string? Time(long? micros) => micros is null ? null
        : new DateTime(DateTime.UnixEpoch.Ticks + micros.Value * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
