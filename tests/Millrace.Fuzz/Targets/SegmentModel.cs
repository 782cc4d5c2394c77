using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Fuzz.Targets;

internal sealed class SegmentModel : EventModel
{
    private static readonly string[] Calls = ["track", "page", "screen", "identify", "group", "alias"];

    private static readonly Dictionary<string, EventColumn> TextFields = new()
    {
        ["type"] = EventColumn.Type, ["event"] = EventColumn.Event, ["name"] = EventColumn.Name,
        ["messageId"] = EventColumn.EventId, ["userId"] = EventColumn.UserId,
        ["anonymousId"] = EventColumn.AnonymousId, ["groupId"] = EventColumn.GroupId,
        ["previousId"] = EventColumn.PreviousId,
    };

    private static readonly string[] Special =
        ["timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context", "integrations", "writeKey"];

    public override ExpectedEvent? Of(Json json, Json shared, in ReceivedEvent received, RawEvent raw)
    {
        var texts = Texts(json, TextFields);
        var own = json.Find("context");
        if (texts?[EventColumn.Type] is not { } type || !Calls.Contains(type) || own is { IsObject: false })
        {
            return null;
        }
        var hasTraits = type is "identify" or "group";
        var properties = json.Find(hasTraits ? "traits" : "properties");
        if ((type == "track" && string.IsNullOrEmpty(texts[EventColumn.Event])) || properties is { IsObject: false })
        {
            return null;
        }
        texts[EventColumn.Event] = string.IsNullOrEmpty(texts[EventColumn.Event]) ? type : texts[EventColumn.Event];
        // The context's own columns may say more; they have golden files.
        texts.Remove(EventColumn.Name);
        var others = json.Members
            .Where(member => !TextFields.ContainsKey(member.Key) && !Special.Contains(member.Key)).ToDictionary();
        Leave(json.Find(hasTraits ? "properties" : "traits"), hasTraits ? "properties" : "traits", others);
        Leave(json.Find("integrations") ?? Shared(received, received.Shape.Integrations), "integrations", others);
        LeaveTimes(json, received, raw, others);
        var context = Context(shared, own, others);
        if (properties is null && hasTraits && context?.Find("traits") is { IsObject: true } traits)
        {
            properties = traits;
        }
        return new ExpectedEvent(texts, properties, context);
    }

    private static void LeaveTimes(
        Json json, in ReceivedEvent received, RawEvent raw, Dictionary<string, Json> others)
    {
        var timestamp = json.Find("timestamp");
        if (timestamp is not null)
        {
            Leave(raw.ClientTime is null ? timestamp : null, "timestamp", others);
            Leave(json.Find("originalTimestamp"), "originalTimestamp", others);
        }
        else if (raw.ClientTime is null)
        {
            Leave(json.Find("originalTimestamp"), "originalTimestamp", others);
        }
        var sentAt = json.Find("sentAt") ?? Shared(received, received.Shape.SentAt);
        Leave(raw.SentTime is null ? sentAt : null, "sentAt", others);
    }

    private static Json? Shared(in ReceivedEvent received, Range place) =>
        place.Equals(default) ? null : Json.Parse(received.Body[place]);

    private static void Leave(Json? value, string name, Dictionary<string, Json> others)
    {
        if (value is not null)
        {
            others[name] = value;
        }
    }
}
