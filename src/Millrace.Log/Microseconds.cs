namespace Millrace.Log;

/// <summary>Times as the formats keep them: microseconds since 1970-01-01 UTC.</summary>
internal static class Microseconds
{
    public static long Of(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
}
