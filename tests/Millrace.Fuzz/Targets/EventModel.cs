using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Fuzz.Targets;

/// <summary>What a decoded event must say.</summary>
/// <param name="Texts">Null: the column is not set.</param>
internal sealed record ExpectedEvent(
    IReadOnlyDictionary<EventColumn, string?> Texts, Json? Properties, Json? Context);

/// <summary>A protocol's mapping once more, slow and plain, from docs/http.md.</summary>
internal abstract class EventModel
{
    /// <returns>Null: the event must fail.</returns>
    /// <param name="json">The event.</param>
    /// <param name="shared">The context of the batch.</param>
    /// <param name="received">The same as bytes.</param>
    /// <param name="raw">Decoded; read for times alone, which have tests of their own.</param>
    public abstract ExpectedEvent? Of(Json json, Json shared, in ReceivedEvent received, RawEvent raw);

    /// <summary>The columns of string fields; null: one holds something else.</summary>
    protected static Dictionary<EventColumn, string?>? Texts(
        Json json, IReadOnlyDictionary<string, EventColumn> fields)
    {
        var texts = new Dictionary<EventColumn, string?>();
        foreach (var (name, column) in fields)
        {
            var value = json.Find(name);
            if (value is { IsString: false })
            {
                return null;
            }
            texts[column] = column == EventColumn.EventId && value?.Text == "" ? null : value?.Text;
        }
        return texts;
    }

    /// <summary>Later ones win; what has no column stands under <c>extra</c>.</summary>
    protected static Json? Context(Json shared, Json? own, Dictionary<string, Json> others)
    {
        var context = Json.Object();
        Copy(shared, context);
        Copy(own ?? Json.Object(), context);
        if (others.Count > 0)
        {
            var given = context.Find("extra");
            var extra = Json.Object();
            if (given is { IsObject: false })
            {
                extra.Members["extra"] = given;
            }
            Copy(given ?? Json.Object(), extra);
            Copy(Json.Object() with { Members = others }, extra);
            context.Members["extra"] = extra;
        }
        return own is null && others.Count == 0 && shared.Members.Count == 0 ? null : context;
    }

    private static void Copy(Json from, Json to)
    {
        foreach (var (name, value) in from.Members)
        {
            to.Members[name] = value;
        }
    }
}
