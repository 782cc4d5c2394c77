using System.Text.Json;
using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>How bodies are checked: strict JSON, at most 200 levels deep.</summary>
internal static class BodyReader
{
    /// <summary>Deepest nesting, in containers. RudderStack's limit; deeper JSON comes from attacks, not from
    /// SDKs.</summary>
    public const int DepthMax = 200;

    public static Utf8JsonReader Create(ReadOnlySpan<byte> body, bool hasManyValues = false) =>
        new(body, new JsonReaderOptions { MaxDepth = DepthMax, AllowMultipleValues = hasManyValues });

    /// <summary>Adds the value at which a reader stands, and moves to its end.</summary>
    public static void AddEvent(ref Utf8JsonReader reader, BodyShape shape) => shape.Events.Add(Take(ref reader));

    /// <summary>Adds the elements of the array at whose start a reader stands.</summary>
    public static void AddEvents(ref Utf8JsonReader reader, BodyShape shape)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            AddEvent(ref reader, shape);
        }
    }

    /// <summary>Where the value stands at which a reader is; moves to its end.</summary>
    public static Range Take(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }

    /// <summary>Why the reader gave up on a body.</summary>
    public static Refusal WhyNot(ReadOnlySpan<byte> body)
    {
        var options = new JsonReaderOptions { MaxDepth = int.MaxValue, AllowMultipleValues = true };
        var reader = new Utf8JsonReader(body, options);
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= DepthMax)
                {
                    return Refusal.JsonTooDeep;
                }
            }
        }
        catch (JsonException)
        {
            return Refusal.NotJson;
        }
        return Refusal.NotJson;
    }
}
