using System.Buffers;
using System.Text.Json;

namespace Millrace.Events;

/// <summary>A refusal as RFC 9457 problem+json, with its stable code as an extension member.</summary>
internal static class Problem
{
    public const string ContentType = "application/problem+json";

    public static byte[] Body(Refusal refusal)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "about:blank"u8);
            json.WriteNumber("status"u8, refusal.Status);
            json.WriteString("code"u8, refusal.Code);
            json.WriteString("detail"u8, refusal.Detail);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
