using System.Text;

namespace Millrace.Iceberg;

/// <summary>Bounds of strings and bytes cut to <see cref="Bounds.LengthMax"/>: a lower one may be cut, an upper one
/// must also be raised.</summary>
internal static class StringBounds
{
    private const int LastBeforeSurrogates = 0xD7FF;
    private const int FirstAfterSurrogates = 0xE000;
    private const int LastCodePoint = 0x10FFFF;

    internal static byte[] Lower(string text) => Bytes([.. text.EnumerateRunes().Take(Bounds.LengthMax)]);

    internal static byte[]? Upper(string text)
    {
        List<Rune> kept = [.. text.EnumerateRunes().Take(Bounds.LengthMax + 1)];
        if (kept.Count <= Bounds.LengthMax)
        {
            return Bytes(kept);
        }
        kept.RemoveAt(Bounds.LengthMax);
        while (kept.Count > 0 && kept[^1].Value == LastCodePoint)
        {
            kept.RemoveAt(kept.Count - 1);
        }
        if (kept.Count == 0)
        {
            return null;
        }
        kept[^1] = new Rune(kept[^1].Value == LastBeforeSurrogates ? FirstAfterSurrogates : kept[^1].Value + 1);
        return Bytes(kept);
    }

    internal static byte[]? Upper(byte[] bytes)
    {
        if (bytes.Length <= Bounds.LengthMax)
        {
            return bytes;
        }
        int length = bytes.AsSpan(0, Bounds.LengthMax).LastIndexOfAnyExcept(byte.MaxValue) + 1;
        if (length == 0)
        {
            return null;
        }
        byte[] raised = bytes[..length];
        raised[^1]++;
        return raised;
    }

    private static byte[] Bytes(List<Rune> runes)
    {
        var bytes = new byte[runes.Sum(rune => rune.Utf8SequenceLength)];
        int written = 0;
        foreach (Rune rune in runes)
        {
            written += rune.EncodeToUtf8(bytes.AsSpan(written));
        }
        return bytes;
    }
}
