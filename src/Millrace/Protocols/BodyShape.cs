using System.Buffers;

namespace Millrace.Protocols;

/// <summary>Where the events of a body stand, and what the body says about all of them. Reused: <see cref="Clear"/>
/// first.</summary>
internal sealed class BodyShape
{
    /// <summary>The JSON text of each event inside the body, in the order that numbers them.</summary>
    public List<Range> Events { get; } = [];

    /// <summary>A key that stands in the body, as the vendor allows; without quotes, unescaped text only. Empty:
    /// none.</summary>
    public Range Key { get; set; }

    /// <summary>JSON text of the batch's own time of sending; empty: none.</summary>
    public Range SentAt { get; set; }

    /// <summary>JSON text of a context that every event of the batch shares; empty: none.</summary>
    public Range Context { get; set; }

    /// <summary>JSON text of the destinations that the batch chose for all its events; empty: none.</summary>
    public Range Integrations { get; set; }

    /// <summary>Bytes that every event of the body takes over.</summary>
    public long SharedBytes => Bytes(SentAt) + Bytes(Context) + Bytes(Integrations);

    /// <summary>What the body says of all its events, as a JSON object; empty: nothing.
    /// A replay of one event needs it.</summary>
    public byte[] SharedJson(ReadOnlySpan<byte> body)
    {
        var json = new ArrayBufferWriter<byte>();
        Add(json, "sentAt"u8, body[SentAt]);
        Add(json, "context"u8, body[Context]);
        Add(json, "integrations"u8, body[Integrations]);
        if (json.WrittenCount > 0)
        {
            json.Write("}"u8);
        }
        return json.WrittenSpan.ToArray();
    }

    public void Clear()
    {
        Events.Clear();
        (Key, SentAt, Context, Integrations) = (default, default, default, default);
    }

    private static int Bytes(Range place) => place.End.Value - place.Start.Value;

    private static void Add(ArrayBufferWriter<byte> json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }
        json.Write(json.WrittenCount == 0 ? "{\""u8 : ",\""u8);
        json.Write(name);
        json.Write("\":"u8);
        json.Write(value);
    }
}
