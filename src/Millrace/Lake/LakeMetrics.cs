using System.Diagnostics.Metrics;
using Millrace.Events;

namespace Millrace.Lake;

/// <summary>What the lake and refining tell about themselves.</summary>
internal sealed class LakeMetrics
{
    private static readonly KeyValuePair<string, object?> In = KeyValuePair.Create("files", (object?)"in");
    private static readonly KeyValuePair<string, object?> Out = KeyValuePair.Create("files", (object?)"out");

    private readonly Counter<long> _events;
    private readonly Counter<long> _damaged;
    private readonly Counter<long> _rulesLost;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _runsRebuilt;
    private readonly Counter<long> _orphans;
    private readonly Counter<long> _compactions;
    private readonly Counter<long> _compactionFailures;
    private readonly Counter<long> _compactedFiles;
    private readonly Counter<long> _compactedBytes;
    private readonly Counter<long> _duplicates;
    private readonly Histogram<double> _compactionDuration;
    private readonly UpDownCounter<int> _failing;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _committedBytes;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _freshness;
    private readonly KeyValuePair<string, object?>[] _outcomes =
        [.. Enum.GetNames<Outcome>().Select(name => KeyValuePair.Create("outcome", (object?)name.ToLowerInvariant()))];
    private long _refinedEnd;
    private long _committedEnd;

    public LakeMetrics(IMeterFactory meters)
    {
        var refine = meters.Create("Millrace.Refine");
        _events = refine.CreateCounter<long>("millrace.refine.events", "{event}", "Events by what became of them.");
        _damaged = refine.CreateCounter<long>("millrace.refine.damaged", "{event}", "Events in unreadable log bytes.");
        _rulesLost = refine.CreateCounter<long>(
            "millrace.refine.rules.lost", "{change}", "Changes of the rules in unreadable log bytes.");
        var lake = meters.Create("Millrace.Lake");
        _faults = lake.CreateCounter<long>(
            "millrace.lake.faults", "{fault}", "Times the lake stood still and began anew.");
        _runsRebuilt = lake.CreateCounter<long>(
            "millrace.lake.id_runs.rebuilt", "{run}", "Damaged id runs made again from the rows of their range.");
        _orphans = lake.CreateCounter<long>(
            "millrace.lake.orphans", "{file}", "Files that no table named and that were removed.");
        _compactions = lake.CreateCounter<long>(
            "millrace.lake.compactions", "{compaction}", "Hours and days whose files were replaced by fewer.");
        _compactionFailures = lake.CreateCounter<long>(
            "millrace.lake.compactions.failed", "{compaction}", "Compactions that failed; they are tried again.");
        _compactedFiles = lake.CreateCounter<long>(
            "millrace.lake.compacted.files", "{file}", "Files that compaction replaced (in) and wrote (out).");
        _compactedBytes = lake.CreateCounter<long>(
            "millrace.lake.compacted", "By", "Bytes that compaction replaced (in) and wrote (out).");
        _duplicates = lake.CreateCounter<long>(
            "millrace.lake.duplicates", "{event}", "Copies that came too late for Refine, dropped by compaction.");
        _compactionDuration = lake.CreateHistogram<double>(
            "millrace.lake.compaction.duration", "s", "Duration of the compaction of an hour or day.");
        _retries = lake.CreateCounter<long>(
            "millrace.lake.retries", "{retry}", "Steps repeated because the disk failed.");
        _failing = lake.CreateUpDownCounter<int>(
            "millrace.lake.failing", "{step}", "Steps that have kept failing for seconds: the log keeps the events.");
        lake.CreateObservableCounter(
            "millrace.lake.refined.end", () => Volatile.Read(ref _refinedEnd), "By",
            "Log offset up to which rows show.");
        lake.CreateObservableCounter(
            "millrace.lake.committed.end", () => Volatile.Read(ref _committedEnd), "By",
            "Log offset of the last commit.");
        _commits = lake.CreateCounter<long>("millrace.lake.commits", "{commit}", "Commits to the lake.");
        _committedBytes = lake.CreateCounter<long>("millrace.lake.committed", "By", "Bytes of log committed.");
        _commitDuration = lake.CreateHistogram<double>("millrace.lake.commit.duration", "s", "Duration of a commit.");
        _freshness = lake.CreateHistogram<double>(
            "millrace.lake.freshness", "s", "Age of the oldest row when it became queryable.");
    }

    public void Refined(Outcome outcome, long events) => _events.Add(events, _outcomes[(int)outcome]);

    public void Damaged(long events) => _damaged.Add(events);

    public void RulesLost(long changes) => _rulesLost.Add(changes);

    public void Faulted() => _faults.Add(1);

    public void RunRebuilt() => _runsRebuilt.Add(1);

    public void OrphansRemoved(long files) => _orphans.Add(files);

    public void Compacted(CompactionJob job, Compacted compacted, TimeSpan duration)
    {
        _compactions.Add(1);
        _compactionDuration.Record(duration.TotalSeconds);
        _compactedFiles.Add(job.Inputs.Count, In);
        _compactedFiles.Add(compacted.Files.Count, Out);
        _compactedBytes.Add(job.Bytes, In);
        _compactedBytes.Add(compacted.Files.Sum(file => file.SizeBytes), Out);
        _duplicates.Add(compacted.Duplicates);
    }

    public void CompactionFailed() => _compactionFailures.Add(1);

    public void Retried(string step) => _retries.Add(1, KeyValuePair.Create("step", (object?)step));

    public void Failing(int more) => _failing.Add(more);

    /// <param name="age">Of the oldest row that has just become queryable.</param>
    public void Visible(TimeSpan age) => _freshness.Record(age.TotalSeconds);

    public void RefinedTo(long offset) => Volatile.Write(ref _refinedEnd, offset);

    public void CommittedTo(long offset) => Volatile.Write(ref _committedEnd, offset);

    public void Committed(TimeSpan duration, Generation generation)
    {
        _commits.Add(1);
        _committedBytes.Add(generation.LogBytes);
        _commitDuration.Record(duration.TotalSeconds);
    }
}
