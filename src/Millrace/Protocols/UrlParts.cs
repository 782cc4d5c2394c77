using System.Text;
using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>Fills <c>host</c> and <c>path</c> from <c>url</c> where the client did not send them.</summary>
/// <remarks>Hot path. It takes what stands there: no decoding, no resolving; only the host becomes lower
/// case.</remarks>
internal static class UrlParts
{
    public static void Set(RawEvent raw)
    {
        var url = raw.Text(EventColumn.Url);
        var end = url.IndexOfAny("?#"u8);
        url = end < 0 ? url : url[..end];
        var scheme = url.IndexOf("://"u8);
        if (scheme <= 0)
        {
            SetPath(raw, url);
            return;
        }
        url = url[(scheme + 3)..];
        var slash = url.IndexOf((byte)'/');
        var authority = slash < 0 ? url : url[..slash];
        SetHost(raw, authority);
        SetPath(raw, slash < 0 ? "/"u8 : url[slash..]);
    }

    private static void SetHost(RawEvent raw, ReadOnlySpan<byte> authority)
    {
        var host = authority[(authority.LastIndexOf((byte)'@') + 1)..];
        // An IPv6 host stands in brackets and holds colons of its own.
        var port = host.LastIndexOf((byte)':');
        if (port > host.LastIndexOf((byte)']'))
        {
            host = host[..port];
        }
        if (host.IsEmpty || raw.Has(EventColumn.Host))
        {
            return;
        }
        var target = raw.Reserve(EventColumn.Host, host.Length);
        host.CopyTo(target);
        Ascii.ToLowerInPlace(target, out _);
    }

    private static void SetPath(RawEvent raw, ReadOnlySpan<byte> path)
    {
        if (!path.IsEmpty && path[0] == '/' && !raw.Has(EventColumn.Path))
        {
            raw.Set(EventColumn.Path, path);
        }
    }
}
