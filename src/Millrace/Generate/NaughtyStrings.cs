using System.Text;

namespace Millrace.Generate;

/// <summary>Text that breaks careless software, as JSON string literals without the quotes.</summary>
/// <remarks>Each is sent as it stands here, escapes and all, and those that can be are sent as plain UTF-8
/// too.</remarks>
internal static class NaughtyStrings
{
    private static readonly string[] Escaped =
    [
        // Nothing, and what looks like nothing or like another type.
        "", " ", "null", "undefined", "NaN", "-Infinity", "true", "0", "-0", "1e400", "0x1F", "1/0", "١٢٣",
        // Control characters, ends of text, byte order marks.
        @"\u0000", @"before\u0000after", @"\u0001\u0008\u000b\u001b[31mred\u001b[0m", @"\u007f\u0080\u009f",
        @"\r\n\r\nHTTP/1.1 200 OK", @"line\u2028separator\u2029paragraph", @"\ufeffbom", @"\ufffe\uffff",
        // Surrogates: paired, alone, the wrong way round.
        @"\ud83d\ude00", @"\ud800", @"\udc00tail", @"\udc00\ud800", @"half\ud83d",
        // Directions and zero width.
        @"\u202eexe.gnp", @"\u2066left\u2069\u2067right\u2069", @"zero\u200bwidth\u200cjoin\u200d",
        @"\u200f\u200e\u061c",
        @"soft\u00adhyphen", @"\u00a0\u2003\u3000", @"pass\u2060word",
        // Combining, composed or not, and letters that grow or shrink with their case.
        @"Z\u0334\u0321\u0339\u0353\u0322\u0310\u0305\u0311\u030a\u0303\u0308a\u0327\u0322\u031b\u0301\u0302l\u0335",
        @"caf\u00e9 cafe\u0301", "ß SS ẞ", "İstanbul ıI", "ǆ ǅ Ǆ", "ﬁ ligature", "Ω Ω",
        // Emoji of many parts, scripts, planes.
        "👨‍👩‍👧‍👦", "🏳️‍🌈🏴‍☠️", "👍🏿", "🇩🇪🇫", "𝒳𝔜 𐍈",
        "田中さんにあげて下さい", "הָיְתָה", "مُنَاقَشَةُ", "กำ้", "हिन्दी",
        // Injections: SQL, script, template, shell, path, spreadsheet, log, format.
        "'; DROP TABLE events; --", @"\u0027 OR \u00271\u0027=\u00271", @"1\u003b SELECT pg_sleep(10)",
        "$$; ATTACH '/tmp/x'",
        @"<script>alert(1)</script>", @"\u003cimg src=x onerror=alert(1)\u003e", "{{7*7}} ${7*7} #{7*7} <%= 7 %>",
        "$(touch /tmp/pwned) `id`", "../../../../etc/passwd%00", "C:\\\\Windows\\\\System32", 
        "=HYPERLINK(\\\"//x\\\",1)",
        "+1+cmd|' /C calc'!A0", "@SUM(1,2)", "a,b;c\\td\\\"e", "${jndi:ldap://x/a}", "%s%n%x%99999d", "{0}{1}",
        // JSON inside JSON, and its ends.
        @"{\""event\"":\""fake\""}", @"\""},{\""event\"":\""fake\""}", @"\\\""", @"\/\b\f\n\r\t", "]]>",
        "__proto__", "constructor",
    ];

    private static readonly byte[][] All = [.. Forms()];

    /// <summary>How many there are; numbers beyond begin again.</summary>
    public static int Count => All.Length;

    public static ReadOnlySpan<byte> Of(int number) => All[number % All.Length];

    private static IEnumerable<byte[]> Forms()
    {
        foreach (var escaped in Escaped)
        {
            yield return Encoding.UTF8.GetBytes(escaped);
        }
        // The escapes above JSON's own ones need not be escapes; UTF-8 cannot hold a lone surrogate.
        foreach (var escaped in Escaped.Where(text => text.Contains(@"\u", StringComparison.Ordinal)))
        {
            var plain = Unescape(escaped);
            if (plain != escaped && !plain.Any(char.IsSurrogate))
            {
                yield return Encoding.UTF8.GetBytes(plain);
            }
        }
    }

    /// <summary>Undoes \uXXXX where the character may stand in a JSON string as it is.</summary>
    private static string Unescape(string escaped) => System.Text.RegularExpressions.Regex.Replace(
        escaped, @"\\u([0-9a-f]{4})", match =>
        {
            var character = (char)Convert.ToUInt16(match.Groups[1].Value, 16);
            return character < ' ' ? match.Value : character.ToString();
        });
}
