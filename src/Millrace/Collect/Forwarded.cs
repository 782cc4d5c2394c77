using System.Net;
using Microsoft.AspNetCore.Http;

namespace Millrace.Collect;

/// <summary>Puts the client's own address and scheme in place of a trusted proxy's.</summary>
internal static class Forwarded
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";

    /// <summary>Believes X-Forwarded-* only from trusted networks; the client is the rightmost address outside them,
    /// because everything to its left is the client's own word.</summary>
    public static void Apply(HttpContext context, IReadOnlyList<IPNetwork> trusted)
    {
        var peer = context.Connection.RemoteIpAddress;
        if (trusted.Count == 0 || peer is null || !IsTrusted(peer, trusted))
        {
            return;
        }
        var headers = context.Request.Headers;
        if (headers.TryGetValue(For, out var addresses))
        {
            context.Connection.RemoteIpAddress = Client(addresses.ToString(), trusted) ?? peer;
        }
        if (headers.TryGetValue(Proto, out var schemes))
        {
            var scheme = schemes.ToString().AsSpan();
            context.Request.Scheme = scheme[(scheme.LastIndexOf(',') + 1)..].Trim() is "https" ? "https" : "http";
        }
    }

    public static bool IsTrusted(IPAddress address, IReadOnlyList<IPNetwork> trusted)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in trusted)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }
        return false;
    }

    // Null: the header holds no address that can be read before the first trusted one ends.
    private static IPAddress? Client(string addresses, IReadOnlyList<IPNetwork> trusted)
    {
        IPAddress? client = null;
        var rest = addresses.AsSpan();
        while (!rest.IsEmpty)
        {
            var comma = rest.LastIndexOf(',');
            if (!TryParse(rest[(comma + 1)..].Trim(), out var address))
            {
                return client;
            }
            client = address;
            if (!IsTrusted(address, trusted))
            {
                return client;
            }
            rest = comma < 0 ? default : rest[..comma];
        }
        return client;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        var isRead = IPEndPoint.TryParse(text, out var endPoint);
        address = endPoint?.Address ?? IPAddress.None;
        return isRead;
    }
}
