using System.Buffers;
using System.Text.Json;

namespace Millrace.Control;

/// <summary>Keys as JSON: the same from <c>/api/keys</c> and from <c>millrace key --json</c>.</summary>
internal static class KeyJson
{
    /// <summary>The only text that ever holds a key's value.</summary>
    public static byte[] Created(KeyGrant grant, string value) => Write(json =>
    {
        json.WriteStartObject();
        WriteGrant(json, grant);
        json.WriteString("key", value);
        json.WriteEndObject();
    });

    public static byte[] Revoked(string id) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("revoked", id);
        json.WriteEndObject();
    });

    public static byte[] List(IReadOnlyList<KeyRecord> keys) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("keys");
        foreach (var key in keys)
        {
            json.WriteStartObject();
            WriteGrant(json, key.Grant);
            json.WriteString("created", key.Created);
            if (key.Revoked is { } revoked)
            {
                json.WriteString("revoked", revoked);
            }
            else
            {
                json.WriteNull("revoked");
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteGrant(Utf8JsonWriter json, KeyGrant grant)
    {
        json.WriteString("id", grant.Id);
        json.WriteString("tenant", grant.Tenant);
        json.WriteString("source", grant.Source);
        json.WriteString("role", grant.Role.ToString().ToLowerInvariant());
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }
        return buffer.WrittenSpan.ToArray();
    }
}
