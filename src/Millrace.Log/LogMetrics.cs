using System.Diagnostics.Metrics;

namespace Millrace.Log;

/// <summary>What a log counts. Depths are pairs of counters.</summary>
internal sealed class LogMetrics
{
    private static readonly KeyValuePair<string, object?>[] Reasons =
        [.. Enum.GetNames<AppendRefusal>().Select(name => new KeyValuePair<string, object?>("reason", name))];

    private readonly Counter<long> _appended;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _removed;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _syncDuration;

    public LogMetrics(Meter? meter, Func<long> syncedEnd)
    {
        meter ??= new Meter("millrace.log");
        _appended = meter.CreateCounter<long>("millrace.log.appended", "{record}", "Records made durable.");
        _bytes = meter.CreateCounter<long>("millrace.log.bytes", "By", "Bytes made durable.");
        // The lake tells how far it is in the same unit: the difference is the lag.
        meter.CreateObservableCounter("millrace.log.end", syncedEnd, "By", "Offset up to which the log is durable.");
        _refused = meter.CreateCounter<long>("millrace.log.refused", "{record}", "Appends refused, by reason.");
        _opened = meter.CreateCounter<long>("millrace.log.segments.opened", "{segment}", "Segments opened.");
        _removed = meter.CreateCounter<long>(
            "millrace.log.segments.released", "{segment}", "Segments reused or removed.");
        _failures = meter.CreateCounter<long>(
            "millrace.log.disk.failures", "{failure}", "Disk operations that failed.");
        _syncDuration = meter.CreateHistogram<double>("millrace.log.fsync.duration", "s", "Time of a sync of records.");
    }

    public void Appended(Group group)
    {
        _appended.Add(group.Records);
        _bytes.Add(group.Bytes);
    }

    public void Refused(AppendRefusal reason, int records) => _refused.Add(records, Reasons[(int)reason]);

    public void SegmentOpened() => _opened.Add(1);

    public void SegmentReleased() => _removed.Add(1);

    public void DiskFailed() => _failures.Add(1);

    public void Synced(TimeSpan duration) => _syncDuration.Record(duration.TotalSeconds);
}
