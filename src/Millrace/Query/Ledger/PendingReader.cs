using System.Text;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Query;

/// <summary>Counts what the log holds at or past a position, by the headers of its records.</summary>
/// <remarks>It reads at most what a commit leaves: <c>lake.commit_bytes</c> of log and what came in since.</remarks>
internal sealed class PendingReader(string logDirectory, IDisk disk, string node, TimeProvider time)
{
    private const long MicrosPerMinute = 60_000_000;

    /// <exception cref="FileNotFoundException">A segment was released while it was being opened.</exception>
    public PendingLog Read(Func<string, long> positionOf)
    {
        if (!Directory.Exists(logDirectory))
        {
            return new PendingLog([]);
        }
        var counts = new Dictionary<(long Minute, string Tenant), long>();
        using var reader = LogReader.Open(logDirectory, disk, positionOf(node), time);
        var minute = 0L;
        var isWhole = true;
        while (reader.TryRead(out var item))
        {
            isWhole &= item.Damage is null;
            minute = item.Damage is null ? item.Record.ReceivedMicros / MicrosPerMinute * MicrosPerMinute : minute;
            var (tenant, events) = item.Damage is { } damage ? ("", damage.Events) : Count(item.Record);
            if (events > 0)
            {
                counts[(minute, tenant)] = counts.GetValueOrDefault((minute, tenant)) + events;
            }
        }
        var pending = counts.Select(count => new PendingEvents(
            DateTimeOffset.UnixEpoch.AddMicroseconds(count.Key.Minute), count.Key.Tenant, count.Value));
        return new PendingLog([.. pending]) { IsWhole = isWhole };
    }

    private static (string Tenant, long Events) Count(in LogRecord record) =>
        Envelope.TryRead(record.Payload, out var envelope) == EnvelopeState.Sound
            ? (Encoding.UTF8.GetString(envelope.Tenant), record.Events) : ("", record.Events);
}
