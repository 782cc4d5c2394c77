using System.Buffers.Binary;
using System.Globalization;

namespace Millrace.Refine;

/// <summary>Truncates addresses, as the column <c>ip</c> holds them: the first 24 bits of IPv4, the first 48 of
/// IPv6.</summary>
/// <remarks>An IPv4 address inside IPv6 (<c>::ffff:192.0.2.1</c>) counts as IPv4. Hot path.</remarks>
internal static class IpText
{
    /// <summary>Longest text written.</summary>
    public const int BytesMax = 16;

    private const int Ipv6Bytes = 16;

    private static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];

    /// <summary>Truncates an address a client wrote.</summary>
    /// <param name="text">IPv4 in four decimals, or IPv6 with or without a zone.</param>
    /// <param name="target">At least <see cref="BytesMax"/> bytes.</param>
    /// <returns>The bytes written; 0: it is no address.</returns>
    public static int Truncate(ReadOnlySpan<byte> text, Span<byte> target)
    {
        Span<byte> address = stackalloc byte[Ipv6Bytes];
        return TryReadIpv4(text, address) ? Write(address[..4], target)
            : TryReadIpv6(text, address) ? Write(address, target)
            : 0;
    }

    /// <summary>Truncates the address a request came from.</summary>
    /// <param name="address">4 or 16 bytes in network order; anything else is no address.</param>
    /// <param name="target">At least <see cref="BytesMax"/> bytes.</param>
    /// <returns>The bytes written; 0: it is no address.</returns>
    public static int Write(ReadOnlySpan<byte> address, Span<byte> target)
    {
        if (address.Length == Ipv6Bytes && !address.StartsWith(MappedPrefix))
        {
            return WriteIpv6(address, target);
        }
        if (address.Length is not (4 or Ipv6Bytes))
        {
            return 0;
        }
        var ipv4 = address[^4..];
        var written = 0;
        foreach (var part in ipv4[..3])
        {
            part.TryFormat(target[written..], out var digits, default, CultureInfo.InvariantCulture);
            written += digits;
            target[written++] = (byte)'.';
        }
        target[written++] = (byte)'0';
        return written;
    }

    /// <summary>Three groups and the zeros after them, as RFC 5952 writes them.</summary>
    private static int WriteIpv6(ReadOnlySpan<byte> address, Span<byte> target)
    {
        var groups = 3;
        while (groups > 0 && BinaryPrimitives.ReadUInt16BigEndian(address[(2 * groups - 2)..]) == 0)
        {
            groups--;
        }
        var written = 0;
        for (var group = 0; group < groups; group++)
        {
            var bits = BinaryPrimitives.ReadUInt16BigEndian(address[(2 * group)..]);
            bits.TryFormat(target[written..], out var digits, "x", CultureInfo.InvariantCulture);
            written += digits;
            target[written++] = (byte)':';
        }
        if (groups == 0)
        {
            target[written++] = (byte)':';
        }
        target[written++] = (byte)':';
        return written;
    }

    private static bool TryReadIpv4(ReadOnlySpan<byte> text, Span<byte> address)
    {
        for (var part = 0; part < 4; part++)
        {
            var end = part < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (end is < 1 or > 3
                || !byte.TryParse(text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out address[part]))
            {
                return false;
            }
            text = part < 3 ? text[(end + 1)..] : text;
        }
        return true;
    }

    private static bool TryReadIpv6(ReadOnlySpan<byte> text, Span<byte> address)
    {
        var zone = text.IndexOf((byte)'%');
        text = zone < 0 ? text : text[..zone];
        var gap = text.IndexOf("::"u8);
        if (gap < 0)
        {
            return TryReadGroups(text, address, isLast: true, out var all) && all == Ipv6Bytes;
        }
        Span<byte> tail = stackalloc byte[Ipv6Bytes];
        if (!TryReadGroups(text[..gap], address, isLast: false, out var before)
            || !TryReadGroups(text[(gap + 2)..], tail, isLast: true, out var after)
            || before + after > Ipv6Bytes - 2)
        {
            return false;
        }
        address[before..].Clear();
        tail[..after].CopyTo(address[^after..]);
        return true;
    }

    /// <summary>Groups of up to four hexadecimal digits; the last two of an address may be written as IPv4.</summary>
    private static bool TryReadGroups(ReadOnlySpan<byte> text, Span<byte> address, bool isLast, out int bytes)
    {
        bytes = 0;
        while (!text.IsEmpty)
        {
            var colon = text.IndexOf((byte)':');
            var group = colon < 0 ? text : text[..colon];
            if (isLast && colon < 0 && bytes <= Ipv6Bytes - 4 && TryReadIpv4(group, address[bytes..]))
            {
                bytes += 4;
                return true;
            }
            if (bytes == Ipv6Bytes || group.Length is < 1 or > 4 || colon == text.Length - 1
                || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits))
            {
                return false;
            }
            BinaryPrimitives.WriteUInt16BigEndian(address[bytes..], bits);
            bytes += 2;
            text = colon < 0 ? default : text[(colon + 1)..];
        }
        return true;
    }
}
