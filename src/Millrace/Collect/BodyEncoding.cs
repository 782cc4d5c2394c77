using Microsoft.Extensions.Primitives;

namespace Millrace.Collect;

/// <summary>How a body is compressed.</summary>
internal enum BodyEncoding { Identity, Gzip, Deflate, Brotli, Unsupported }

/// <summary>Tells a body's compression from its header, and where that is silent from its first bytes: RudderStack's
/// and PostHog's SDKs send gzip without saying so. Content-Type is never looked at: SDKs send anything in it.</summary>
internal static class BodyEncodings
{
    /// <summary>Exactly one known encoding, or none.</summary>
    public static BodyEncoding Read(StringValues contentEncoding) => contentEncoding.Count switch
    {
        0 => BodyEncoding.Identity,
        1 => Read(contentEncoding[0].AsSpan().Trim()),
        _ => BodyEncoding.Unsupported,
    };

    public static BodyEncoding Sniff(BodyEncoding declared, ReadOnlySpan<byte> body) =>
        declared == BodyEncoding.Identity && body is [0x1f, 0x8b, ..] ? BodyEncoding.Gzip : declared;

    /// <summary>Whether "deflate" means zlib (RFC 9110), not the raw stream that some clients send.</summary>
    public static bool IsZlib(ReadOnlySpan<byte> body) =>
        body.Length >= 2 && (body[0] & 0x0f) == 8 && body[0] >> 4 <= 7 && ((body[0] << 8) | body[1]) % 31 == 0;

    private static BodyEncoding Read(ReadOnlySpan<char> name) =>
        name.IsEmpty || Is(name, "identity") ? BodyEncoding.Identity
        : Is(name, "gzip") || Is(name, "x-gzip") ? BodyEncoding.Gzip
        : Is(name, "deflate") ? BodyEncoding.Deflate
        : Is(name, "br") ? BodyEncoding.Brotli
        : BodyEncoding.Unsupported;

    private static bool Is(ReadOnlySpan<char> name, string encoding) =>
        name.Equals(encoding, StringComparison.OrdinalIgnoreCase);
}
