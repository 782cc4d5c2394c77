using System.Buffers;

namespace Millrace.Protocols;

/// <summary>Finds where values end, in JSON text that a JSON reader has already accepted.</summary>
/// <remarks>Hot path. It checks nothing: on text that is not JSON it may read past the end and throw.</remarks>
internal static class JsonScan
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> QuoteOrEscape = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> AfterScalar = SearchValues.Create(",]} \t\r\n"u8);

    public static int SkipSpace(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
        return at;
    }

    /// <summary>The position of the closing quote.</summary>
    /// <param name="json">The text around the string.</param>
    /// <param name="at">The position after the opening quote.</param>
    public static int ClosingQuote(ReadOnlySpan<byte> json, int at)
    {
        while (true)
        {
            at += json[at..].IndexOfAny(QuoteOrEscape);
            if (json[at] == '"')
            {
                return at;
            }
            at += 2;
        }
    }

    /// <summary>The position after the value that starts at <paramref name="at"/>.</summary>
    public static int ValueEnd(ReadOnlySpan<byte> json, int at)
    {
        switch (json[at])
        {
            case (byte)'"':
                return ClosingQuote(json, at + 1) + 1;
            case (byte)'{' or (byte)'[':
                return ContainerEnd(json, at);
            default:
                var length = json[at..].IndexOfAny(AfterScalar);
                return length < 0 ? json.Length : at + length;
        }
    }

    private static int ContainerEnd(ReadOnlySpan<byte> json, int at)
    {
        var depth = 0;
        while (true)
        {
            at += json[at..].IndexOfAny(Structure);
            switch (json[at])
            {
                case (byte)'"':
                    at = ClosingQuote(json, at + 1);
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    depth--;
                    break;
            }
            at++;
            if (depth == 0)
            {
                return at;
            }
        }
    }
}
