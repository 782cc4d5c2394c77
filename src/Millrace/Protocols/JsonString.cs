using System.Text;

namespace Millrace.Protocols;

/// <summary>The inside of a JSON string, between the quotes, in text that a JSON reader has already accepted.</summary>
/// <remarks>Hot path. A <c>\u</c> escape of half a surrogate pair means U+FFFD: there is no UTF-8 for it.</remarks>
internal static class JsonString
{
    public const int UnicodeEscapeBytes = 6;

    /// <summary>Longest name that is looked for.</summary>
    public const int NameBytesMax = 64;

    public static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    public static bool IsEscaped(ReadOnlySpan<byte> inside) => inside.Contains((byte)'\\');

    /// <summary>Writes what the string says; never longer than <paramref name="inside"/>.</summary>
    /// <returns>The bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> inside, Span<byte> target)
    {
        var written = 0;
        while (true)
        {
            var plain = inside.IndexOf((byte)'\\');
            if (plain < 0)
            {
                inside.CopyTo(target[written..]);
                return written + inside.Length;
            }
            inside[..plain].CopyTo(target[written..]);
            written += plain;
            inside = inside[plain..];
            if (inside[1] == 'u')
            {
                var rune = ReadUnicodeEscape(inside, out var escapeBytes) ?? Rune.ReplacementChar;
                written += rune.EncodeToUtf8(target[written..]);
                inside = inside[escapeBytes..];
            }
            else
            {
                target[written++] = Simple(inside[1]);
                inside = inside[2..];
            }
        }
    }

    /// <summary>Whether the string says <paramref name="text"/>, a name of ours of up to 64 bytes.</summary>
    public static bool Says(ReadOnlySpan<byte> inside, ReadOnlySpan<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, NameBytesMax);
        if (!IsEscaped(inside))
        {
            return inside.SequenceEqual(text);
        }
        // An escape is at most six times as long as what it stands for.
        if (inside.Length > UnicodeEscapeBytes * text.Length)
        {
            return false;
        }
        Span<byte> said = stackalloc byte[inside.Length];
        return said[..Unescape(inside, said)].SequenceEqual(text);
    }

    /// <summary>Reads <c>\uXXXX</c>, or a pair of them that is one character.</summary>
    /// <param name="escape">Text that begins with <c>\u</c>.</param>
    /// <param name="escapeBytes">6, or 12 for a pair.</param>
    /// <returns>Null: half a pair.</returns>
    public static Rune? ReadUnicodeEscape(ReadOnlySpan<byte> escape, out int escapeBytes)
    {
        escapeBytes = UnicodeEscapeBytes;
        var unit = HexUnit(escape[2..]);
        if (!char.IsSurrogate(unit))
        {
            return new Rune(unit);
        }
        if (char.IsHighSurrogate(unit) && escape.Length >= 2 * UnicodeEscapeBytes
            && escape[UnicodeEscapeBytes] == '\\' && escape[UnicodeEscapeBytes + 1] == 'u')
        {
            var second = HexUnit(escape[(UnicodeEscapeBytes + 2)..]);
            if (char.IsLowSurrogate(second))
            {
                escapeBytes = 2 * UnicodeEscapeBytes;
                return new Rune(unit, second);
            }
        }
        return null;
    }

    private static char HexUnit(ReadOnlySpan<byte> digits)
    {
        var unit = 0;
        foreach (var digit in digits[..4])
        {
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }
        return (char)unit;
    }

    private static byte Simple(byte letter) => letter switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        _ => letter,
    };
}
