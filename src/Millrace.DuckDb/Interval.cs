using System.Globalization;
using System.Text;

namespace Millrace.DuckDb;

/// <summary>A DuckDB INTERVAL: three counts that do not convert into each other (a month has no fixed days).</summary>
/// <remarks>Laid out as in a vector, so <c>Vector.Get&lt;Interval&gt;</c> reads one directly.</remarks>
public readonly record struct Interval(int Months, int Days, long Micros)
{
    /// <summary>As DuckDB writes it, such as <c>1 year 2 months -3 days 04:05:06.5</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Count(text, Months / 12, "year");
        Count(text, Months % 12, "month");
        Count(text, Days, "day");
        if (Micros != 0 || text.Length == 0) Clock(text, Micros);
        return text.ToString();
    }

    private static void Count(StringBuilder text, int count, string unit)
    {
        if (count == 0) return;
        if (text.Length > 0) text.Append(' ');
        text.Append(CultureInfo.InvariantCulture, $"{count} {unit}{(count is 1 or -1 ? "" : "s")}");
    }

    private static void Clock(StringBuilder text, long micros)
    {
        if (text.Length > 0) text.Append(' ');
        if (micros < 0) text.Append('-');
        var magnitude = micros < 0 ? unchecked((ulong)-micros) : (ulong)micros;
        var (seconds, fraction) = Math.DivRem(magnitude, (ulong)Calendar.MicrosPerSecond);
        text.Append(
            CultureInfo.InvariantCulture, $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        if (fraction == 0) return;
        text.Append('.').Append(fraction.ToString("000000", CultureInfo.InvariantCulture).TrimEnd('0'));
    }
}
