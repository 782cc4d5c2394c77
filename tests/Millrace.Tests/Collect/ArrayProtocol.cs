using System.Text;
using System.Text.Json;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Tests.Collect;

/// <summary>The smallest protocol there can be: an array of events, or one object that may carry a
/// <c>key</c>.</summary>
internal sealed class ArrayProtocol : IProtocol
{
    public string Name => "native";

    public IReadOnlyList<ProtocolRoute> Routes { get; } = [new("/v1/events"), new("/v1/import", "", IsHistory: true)];

    public Refusal? Shape(ReadOnlySpan<byte> body, ProtocolRoute route, BodyShape shape)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 200 });
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    shape.Events.Add(start..(int)reader.BytesConsumed);
                }
                return null;
            }
            shape.Events.Add(..body.Length);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("key"u8) && reader.Read())
                {
                    shape.Key = (int)(reader.TokenStartIndex + 1)..(int)(reader.BytesConsumed - 1);
                }
            }
            return null;
        }
        catch (JsonException)
        {
            return Refusal.NotJson;
        }
    }

    public void Decode(in ReceivedEvent received, RawEvent raw) => throw new NotSupportedException();

    public Answer Accept(ProtocolRoute route, int accepted, string receipt) =>
        new(200, "application/json", Encoding.UTF8.GetBytes($$"""{"accepted":{{accepted}},"receipt":"{{receipt}}"}"""));

    public Answer Refuse(ProtocolRoute route, Refusal refusal) =>
        new(refusal.Status, Problem.ContentType, Problem.Body(refusal));
}
