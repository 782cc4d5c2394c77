using System.Globalization;

namespace Millrace.Protocols;

/// <summary>Reads the times clients send: ISO 8601 and RFC 3339 text, and epoch numbers, as µs UTC.</summary>
/// <remarks>Hot path. Exact: no floating point. Digits finer than a microsecond are cut off.</remarks>
internal static class EventTimes
{
    public const long MicrosPerSecond = 1_000_000;

    private const int TextBytesMax = 64;
    private const long TicksPerMicro = TimeSpan.TicksPerMicrosecond;
    private const int ZoneHoursMax = 18;

    private static readonly long Least = (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TicksPerMicro;
    private static readonly long Greatest = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TicksPerMicro;

    /// <summary>Reads a JSON value.</summary>
    /// <returns>False: not a time, or not in the years 1 to 9999.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out long micros)
    {
        if (json[0] != '"')
        {
            return TryReadEpoch(json, out micros);
        }
        var inside = json[1..^1];
        micros = 0;
        if (inside.Length > TextBytesMax)
        {
            return false;
        }
        Span<byte> unescaped = stackalloc byte[TextBytesMax];
        var text = ((ReadOnlySpan<byte>)unescaped)[..JsonString.Unescape(inside, unescaped)].Trim((byte)' ');
        return TryReadIso(text, out micros) || TryReadEpoch(text, out micros);
    }

    /// <summary>Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size: 100,000,000,000
    /// would lie in the year 5138 as seconds, and lies in 1973 as milliseconds.</summary>
    private static bool TryReadEpoch(ReadOnlySpan<byte> text, out long micros)
    {
        const NumberStyles Style =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        micros = 0;
        if (!decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }
        var exact = Math.Abs(number) switch
        {
            < 100_000_000_000m => number * MicrosPerSecond,
            < 100_000_000_000_000m => number * 1000,
            < 100_000_000_000_000_000m => number,
            < 100_000_000_000_000_000_000m => number / 1000,
            _ => decimal.MaxValue,
        };
        if (exact < Least || exact > Greatest)
        {
            return false;
        }
        micros = (long)decimal.Floor(exact);
        return true;
    }

    /// <summary><c>2026-11-22[T05:36[:48[.123456789]][Z|+01:00|+0100|+01]]</c>; without an offset it is UTC.</summary>
    private static bool TryReadIso(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (!TakeNumber(ref text, 4, out var year) || !Take(ref text, '-') || !TakeNumber(ref text, 2, out var month)
            || !Take(ref text, '-') || !TakeNumber(ref text, 2, out var day)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }
        micros = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / TicksPerMicro;
        if (text.IsEmpty)
        {
            return true;
        }
        if (text[0] is not ((byte)'T' or (byte)'t' or (byte)' '))
        {
            return false;
        }
        text = text[1..];
        if (!TryTakeClock(ref text, out var clockMicros) || !TryTakeZone(ref text, out var zoneMinutes)
            || !text.IsEmpty)
        {
            return false;
        }
        micros += clockMicros - zoneMinutes * 60 * MicrosPerSecond;
        return micros >= Least && micros <= Greatest;
    }

    private static bool TryTakeClock(ref ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (!TakeNumber(ref text, 2, out var hour) || !Take(ref text, ':') || !TakeNumber(ref text, 2, out var minute))
        {
            return false;
        }
        var second = 0;
        if (Take(ref text, ':') && !TakeNumber(ref text, 2, out second))
        {
            return false;
        }
        // 60 is a leap second (RFC 3339): the first moment of the next minute.
        if (hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }
        micros = ((hour * 60L + minute) * 60 + second) * MicrosPerSecond;
        if (!Take(ref text, '.') && !Take(ref text, ','))
        {
            return true;
        }
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length : digits;
        var unit = MicrosPerSecond;
        foreach (var digit in text[..digits])
        {
            unit /= 10;
            micros += (digit - '0') * unit;
        }
        text = text[digits..];
        return digits > 0;
    }

    private static bool TryTakeZone(ref ReadOnlySpan<byte> text, out long minutes)
    {
        minutes = 0;
        if (text.IsEmpty || Take(ref text, 'Z') || Take(ref text, 'z'))
        {
            return true;
        }
        Take(ref text, ' ');
        var sign = Take(ref text, '-') ? -1 : 1;
        if (sign > 0 && !Take(ref text, '+'))
        {
            return false;
        }
        if (!TakeNumber(ref text, 2, out var hour) || hour > ZoneHoursMax)
        {
            return false;
        }
        var minute = 0;
        if (!text.IsEmpty)
        {
            Take(ref text, ':');
            if (!TakeNumber(ref text, 2, out minute) || minute > 59)
            {
                return false;
            }
        }
        minutes = sign * (hour * 60 + minute);
        return true;
    }

    private static bool Take(ref ReadOnlySpan<byte> text, char letter)
    {
        var isThere = !text.IsEmpty && text[0] == letter;
        text = isThere ? text[1..] : text;
        return isThere;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, int digits, out int number)
    {
        number = 0;
        if (text.Length < digits)
        {
            return false;
        }
        foreach (var digit in text[..digits])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
            number = number * 10 + digit - '0';
        }
        text = text[digits..];
        return true;
    }
}
