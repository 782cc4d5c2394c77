using System.Globalization;
using System.Net;

namespace Millrace.Control;

/// <summary>Where to listen, as <c>--http</c> and <c>--api</c> say it.</summary>
/// <param name="Ip">Null: localhost, both of IPv4 and IPv6.</param>
/// <param name="Port">0: any free one.</param>
internal sealed record ListenAddress(IPAddress? Ip, int Port)
{
    /// <summary>HOST:PORT; HOST is an address, <c>localhost</c>, or <c>*</c> for every address.</summary>
    public static bool TryParse(string text, out ListenAddress address)
    {
        address = new ListenAddress(null, 0);
        var colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }
        var host = text[..colon];
        IPAddress? ip = null;
        if (host == "*")
        {
            ip = IPAddress.IPv6Any;
        }
        else if (host != "localhost" && !IPAddress.TryParse(host.Trim('[', ']'), out ip))
        {
            return false;
        }
        address = new ListenAddress(ip, port);
        return true;
    }

    /// <exception cref="OperatorException">It is no address.</exception>
    public static ListenAddress Parse(string text, string option) => TryParse(text, out var address) ? address
        : throw new OperatorException(OperatorException.BadUsage,
            $"{option} '{text}' is no address: use HOST:PORT, such as 127.0.0.1:8080.");
}
