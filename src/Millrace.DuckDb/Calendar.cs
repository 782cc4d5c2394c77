using System.Globalization;

namespace Millrace.DuckDb;

/// <summary>Stored forms of dates and times to .NET values, or to DuckDB's own text beyond their range; pure.</summary>
internal static class Calendar
{
    public const long MillisPerSecond = 1_000;
    public const long MicrosPerSecond = 1_000_000;
    public const long NanosPerSecond = 1_000_000_000;

    private const long TicksPerMicro = TimeSpan.TicksPerSecond / MicrosPerSecond;
    private const int SecondsPerDay = 86_400;

    // A TIME WITH TIME ZONE keeps this less its offset, so that values sort by the instant.
    private const int ZoneOffsetSecondsMax = (16 * 60 * 60) - 1;

    private static readonly int EpochDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>Microseconds since 1970 UTC, rounded down.</summary>
    public static long MicrosSinceEpoch(DateTimeOffset time) =>
        FloorDivide(time.UtcTicks - DateTime.UnixEpoch.Ticks, TicksPerMicro);

    /// <summary>A <see cref="DateOnly"/>, or text.</summary>
    public static object Date(int days)
    {
        if (days == int.MaxValue) return "infinity";
        if (days == -int.MaxValue) return "-infinity";
        var dayNumber = (long)days + EpochDay;
        return dayNumber >= 0 && dayNumber <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)dayNumber)
            : DateText(days);
    }

    /// <summary>A <see cref="TimeOnly"/>, or text.</summary>
    public static object Time(long value, long unitsPerSecond) =>
        ToTicks(value, unitsPerSecond) is { } ticks && ticks < TimeSpan.TicksPerDay
            ? new TimeOnly((long)ticks)
            : TimeText(value, unitsPerSecond);

    /// <summary>Time of day and offset as text: 40 bits of microseconds above 24 bits of offset.</summary>
    public static string TimeTz(ulong stored)
    {
        var offsetSeconds = ZoneOffsetSecondsMax - (int)(stored & 0xFFFFFF);
        var offset = TimeSpan.FromSeconds(Math.Abs(offsetSeconds));
        var sign = offsetSeconds < 0 ? '-' : '+';
        var (minutes, seconds) = (offset.Minutes, offset.Seconds);
        var rest = (minutes, seconds) switch
        {
            (0, 0) => "",
            (_, 0) => string.Create(CultureInfo.InvariantCulture, $":{minutes:00}"),
            _ => string.Create(CultureInfo.InvariantCulture, $":{minutes:00}:{seconds:00}"),
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{TimeText((long)(stored >> 24), MicrosPerSecond)}{sign}{(int)offset.TotalHours:00}{rest}");
    }

    /// <summary>A <see cref="DateTime"/> without a kind, or text.</summary>
    public static object Timestamp(long value, long unitsPerSecond) =>
        Instant(value, unitsPerSecond) is { } time ? time : TimestampText(value, unitsPerSecond);

    /// <summary>A <see cref="DateTimeOffset"/> in UTC, or text.</summary>
    public static object TimestampTz(long micros)
    {
        if (Instant(micros, MicrosPerSecond) is { } time) return new DateTimeOffset(time, TimeSpan.Zero);
        var text = TimestampText(micros, MicrosPerSecond);
        return text.EndsWith("infinity", StringComparison.Ordinal) ? text : text + "+00";
    }

    private static DateTime? Instant(long value, long unitsPerSecond)
    {
        var ticks = ToTicks(value, unitsPerSecond) + DateTime.UnixEpoch.Ticks;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks) : null;
    }

    /// <summary>Ticks of 100 ns, wide since seconds overflow 64 bits; null where the value is finer.</summary>
    private static Int128? ToTicks(long value, long unitsPerSecond)
    {
        var scaled = (Int128)value * TimeSpan.TicksPerSecond;
        return scaled % unitsPerSecond == 0 ? scaled / unitsPerSecond : null;
    }

    private static string TimestampText(long value, long unitsPerSecond)
    {
        if (value == long.MaxValue) return "infinity";
        if (value == -long.MaxValue) return "-infinity";
        var seconds = FloorDivide(value, unitsPerSecond);
        var days = FloorDivide(seconds, SecondsPerDay);
        var ofDay = value - (days * SecondsPerDay * unitsPerSecond);
        return $"{DateText(days)} {TimeText(ofDay, unitsPerSecond)}";
    }

    private static string TimeText(long value, long unitsPerSecond)
    {
        var (seconds, fraction) = Math.DivRem(value, unitsPerSecond);
        var (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        var text = string.Create(CultureInfo.InvariantCulture, $"{hours:00}:{minutes:00}:{seconds % 60:00}");
        if (fraction == 0) return text;
        var places = (unitsPerSecond - 1).ToString(CultureInfo.InvariantCulture).Length;
        return $"{text}.{fraction.ToString(CultureInfo.InvariantCulture).PadLeft(places, '0').TrimEnd('0')}";
    }

    /// <summary>The proleptic Gregorian date of a day counted from 1970, any year.</summary>
    /// <remarks>Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.</remarks>
    private static string DateText(long days)
    {
        var shifted = days + 719_468;
        var era = FloorDivide(shifted, 146_097);
        var dayOfEra = shifted - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1_460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        var year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);

        // There is no year 0: the one before 1 is 1 BC.
        return year > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{1 - year:0000}-{month:00}-{day:00} (BC)");
    }

    private static long FloorDivide(long value, long by) => (value / by) - (value % by < 0 ? 1 : 0);
}
