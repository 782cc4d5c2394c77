using Millrace.Events;

namespace Millrace.Refine;

/// <summary>Decides when an event happened, from what the client said and when it arrived. All times are µs
/// UTC.</summary>
internal static class EventClock
{
    /// <summary>Clocks that differ by less are left alone: networks and queues explain that much.</summary>
    public const long SkewAllowedMicros = 60 * MicrosPerSecond;

    /// <summary>Oldest event that keeps its own time, unless it is history.</summary>
    public const long AgeMaxMicros = 30 * 24 * 3600 * MicrosPerSecond;

    /// <summary>Farthest into the future.</summary>
    public const long AheadMaxMicros = 3600 * MicrosPerSecond;

    /// <summary>Most days that the history of one batch may be of: each becomes a file of the lake.</summary>
    public const int HistoryDaysMax = 366;

    // 0001-01-01: no engine that reads the lake agrees with another about days before it.
    private const long YearOneMicros = -62_135_596_800 * MicrosPerSecond;
    private const long MicrosPerSecond = 1_000_000;
    private const long MicrosPerDay = 24 * 3600 * MicrosPerSecond;

    /// <summary>The day of a time, since 1970.</summary>
    public static int DayOf(long micros) =>
        (int)(Math.DivRem(micros, MicrosPerDay) is var (day, rest) && rest < 0 ? day - 1 : day);

    /// <summary>The column <c>event_time</c>.</summary>
    /// <param name="raw">Its client, sent and true time are read.</param>
    /// <param name="received">When the log received it.</param>
    /// <param name="isHistory">An import of history: the year 1 is the only bound below.</param>
    public static long EventTime(RawEvent raw, long received, bool isHistory)
    {
        if (raw.ClientTime is not { } client)
        {
            return received;
        }
        // Wider than the times themselves, so that no difference can overflow.
        Int128 time = client;
        if (raw.SentTime is { } sent && !raw.IsTrueTime)
        {
            var skew = (Int128)received - sent;
            if (Int128.Abs(skew) > SkewAllowedMicros)
            {
                time += skew;
            }
        }
        var earliest = isHistory ? YearOneMicros : (Int128)received - AgeMaxMicros;
        return (long)Int128.Clamp(time, earliest, (Int128)received + AheadMaxMicros);
    }
}
