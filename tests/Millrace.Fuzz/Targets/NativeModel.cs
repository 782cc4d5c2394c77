using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Fuzz.Targets;

internal sealed class NativeModel : EventModel
{
    private static readonly string[] NotForClients =
    [
        "tenant", "source", "protocol", "level", "schema", "client_time", "received_time", "ip_hash", "node",
        "log_offset", "batch_index",
    ];

    // A URL fills columns of its own, and a call without a type is a track.
    private static readonly string[] Derived = ["host", "path", "type"];

    private static readonly string[] Special =
        ["properties", "context", "event_time", "sent_time", "latitude", "longitude", "is_bot"];

    private static readonly string[] Fields = [.. EventColumns.All.Select(EventColumns.Name).Except(NotForClients)];

    private static readonly Dictionary<string, EventColumn> TextFields = Fields.Except(Special)
        .ToDictionary(name => name, name => EventColumns.All.First(column => EventColumns.Name(column) == name));

    public override ExpectedEvent? Of(Json json, Json shared, in ReceivedEvent received, RawEvent raw)
    {
        var texts = Texts(json, TextFields);
        var (properties, context) = (json.Find("properties"), json.Find("context"));
        if (texts is null || string.IsNullOrEmpty(texts[EventColumn.Event]) || !IsPlausible(json)
            || properties is { IsObject: false } || context is { IsObject: false })
        {
            return null;
        }
        foreach (var name in Derived)
        {
            texts.Remove(TextFields[name]);
        }
        var others = json.Members.Where(member => !Fields.Contains(member.Key)).ToDictionary();
        LeaveTime(json, "event_time", raw.ClientTime, others);
        LeaveTime(json, "sent_time", raw.SentTime, others);
        return new ExpectedEvent(texts, properties, Context(Json.Object(), context, others));
    }

    private static bool IsPlausible(Json json) => IsBetween(json.Find("latitude"), 90)
        && IsBetween(json.Find("longitude"), 180)
        && json.Find("is_bot") is null or { Kind: System.Text.Json.JsonValueKind.True }
            or { Kind: System.Text.Json.JsonValueKind.False };

    private static bool IsBetween(Json? value, double max) => value is null
        || (value.Kind == System.Text.Json.JsonValueKind.Number
            && Math.Abs(double.Parse(value.Text, System.Globalization.CultureInfo.InvariantCulture)) <= max);

    private static void LeaveTime(Json json, string name, long? read, Dictionary<string, Json> others)
    {
        if (read is null && json.Find(name) is { } value)
        {
            others[name] = value;
        }
    }
}
