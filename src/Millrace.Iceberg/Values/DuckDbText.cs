using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Millrace.Iceberg;

/// <summary>Values as DuckDB prints them in statistics. What does not match a strict pattern is no value: DuckDB also
/// prints <c>infinity</c>, years of five digits and years BC, which have no place in a bound.</summary>
internal static partial class DuckDbText
{
    private const string DateForm = "yyyy-MM-dd";
    private const string TimeForm = "HH:mm:ss.FFFFFF";
    private const string TimestampForm = DateForm + " " + TimeForm;
    private static readonly DateTime s_epoch = DateTime.UnixEpoch;

    /// <summary>A value as <see cref="Bounds.Encode"/> takes it, or null.</summary>
    internal static object? Parse(PrimitiveType type, string text) => type.Kind switch
    {
        PrimitiveKind.Boolean => text switch { "0" or "false" => false, "1" or "true" => true, _ => null },
        PrimitiveKind.Int => Integer(text, out int number) ? number : null,
        PrimitiveKind.Long => Integer(text, out long number) ? number : null,
        PrimitiveKind.Float => Float(text) is { } number ? (float)number : null,
        PrimitiveKind.Double => Float(text),
        PrimitiveKind.Date => Instant(text, DateForm) is { } date ? (int)(date - s_epoch).TotalDays : null,
        PrimitiveKind.Time => Instant("1970-01-01 " + text, TimestampForm) is { } time ? Micros(time) : null,
        PrimitiveKind.Timestamp => Instant(text, TimestampForm) is { } instant ? Micros(instant) : null,
        PrimitiveKind.TimestampTz => text.EndsWith("+00", StringComparison.Ordinal)
            && Instant(text[..^3], TimestampForm) is { } instant ? Micros(instant) : null,
        PrimitiveKind.String => text,
        PrimitiveKind.Binary => HexPattern().IsMatch(text) ? Convert.FromHexString(text) : null,
        PrimitiveKind.Decimal => Decimal(text, type.Scale),
        _ => null,
    };

    private static bool Integer<T>(string text, out T number)
        where T : struct, IBinaryInteger<T> =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static double? Float(string text) => text switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => FloatPattern().IsMatch(text) ? double.Parse(text, CultureInfo.InvariantCulture) : null,
    };

    private static DateTime? Instant(string text, string form) =>
        // The pattern keeps TryParseExact's own leniency (no digits after the point) out.
        !text.EndsWith('.') && DateTime.TryParseExact(text, form, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime instant) ? instant : null;

    private static long Micros(DateTime instant) => (instant - s_epoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static BigInteger? Decimal(string text, int scale)
    {
        if (!DecimalPattern().IsMatch(text))
        {
            return null;
        }
        int point = text.IndexOf('.', StringComparison.Ordinal);
        int decimals = point < 0 ? 0 : text.Length - point - 1;
        return decimals > scale
            ? null
            : BigInteger.Parse(text.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
                * BigInteger.Pow(10, scale - decimals);
    }

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatPattern();

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalPattern();

    [GeneratedRegex("^([0-9A-Fa-f]{2})+$", RegexOptions.CultureInvariant)]
    private static partial Regex HexPattern();
}
