namespace Millrace.Protocols;

/// <summary>Checks numbers, words and escapes byte by byte (RFC 8259). Hot path.</summary>
internal static class JsonScalar
{
    /// <summary>The position behind the number, <c>true</c>, <c>false</c> or <c>null</c> that stands here; 0: there is
    /// none, or it does not end where a value inside another one may.</summary>
    public static int End(ReadOnlySpan<byte> text, int at)
    {
        var rest = text[at..];
        if (rest.IsEmpty)
        {
            return 0;
        }
        var length = rest[0] switch
        {
            (byte)'t' => rest.StartsWith("true"u8) ? 4 : 0,
            (byte)'f' => rest.StartsWith("false"u8) ? 5 : 0,
            (byte)'n' => rest.StartsWith("null"u8) ? 4 : 0,
            _ => NumberLength(rest),
        };
        var hasEnded = length > 0 && length < rest.Length
            && rest[length] is (byte)',' or (byte)'}' or (byte)']' or (byte)' ' or (byte)'\n' or (byte)'\r'
                or (byte)'\t';
        return hasEnded ? at + length : 0;
    }

    /// <summary>Whether the backslash at this position begins one of JSON's escapes.</summary>
    public static bool IsEscape(ReadOnlySpan<byte> text, int at)
    {
        if (at + 1 >= text.Length)
        {
            return false;
        }
        switch (text[at + 1])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r'
                or (byte)'t':
                return true;
            case (byte)'u':
                return at + JsonString.UnicodeEscapeBytes <= text.Length
                    && AreHexDigits(text.Slice(at + 2, JsonString.UnicodeEscapeBytes - 2));
            default:
                return false;
        }
    }

    /// <returns>0: no number.</returns>
    private static int NumberLength(ReadOnlySpan<byte> text)
    {
        var at = text[0] == '-' ? 1 : 0;
        var digits = Digits(text, at);
        if (digits == 0 || (digits > 1 && text[at] == '0'))
        {
            return 0;
        }
        at += digits;
        if (at < text.Length && text[at] == '.')
        {
            digits = Digits(text, ++at);
            if (digits == 0)
            {
                return 0;
            }
            at += digits;
        }
        if (at < text.Length && text[at] is (byte)'e' or (byte)'E')
        {
            at++;
            at += at < text.Length && text[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            digits = Digits(text, at);
            if (digits == 0)
            {
                return 0;
            }
            at += digits;
        }
        return at;
    }

    private static int Digits(ReadOnlySpan<byte> text, int start)
    {
        var at = start;
        while (at < text.Length && char.IsAsciiDigit((char)text[at]))
        {
            at++;
        }
        return at - start;
    }

    private static bool AreHexDigits(ReadOnlySpan<byte> digits)
    {
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }
        }
        return true;
    }
}
