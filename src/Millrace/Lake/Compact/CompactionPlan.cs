using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Whether an hour or day was tried so lately that it waits.</summary>
internal enum SlotRest
{
    None,

    /// <summary>It waits unless it has too many files.</summary>
    Done,

    /// <summary>It waits: what failed once would fail every minute.</summary>
    Failed,
}

/// <summary>Decides which files are worth rewriting.</summary>
/// <remarks>
/// <para>Files belong to the hour whose directory they are in; where there is none, to their day: rows of <c>events</c>
/// that came late, and other tables, which have no hours. Not to the hour that all rows happen to be of: a few late
/// rows would have an hour's files written anew.</para>
/// <para>A file is good if it is large (<see cref="CompactionOptions.GoodBytes"/>) or large for a single tenant
/// (<see cref="CompactionOptions.OwnFileBytes"/>); only the others are joined. A good one is rewritten where there
/// would be too many, and a day's late rows once there are enough for a good file.</para>
/// </remarks>
internal sealed class CompactionPlan(LakeTable table, CompactionOptions options)
{
    private const long MicrosPerHour = 3_600_000_000;
    private const int HoursPerDay = 24;

    private readonly int _tenant = table.Schema.Find(LakeTable.TenantColumn)!.Id;

    /// <summary>What is to be done, oldest first.</summary>
    /// <param name="files">The table's live files.</param>
    /// <param name="now">µs UTC.</param>
    /// <param name="restOf">Whether an hour or day was tried lately.</param>
    public IReadOnlyList<CompactionJob> Jobs(
        IEnumerable<DataFile> files, long now, Func<FileSlot, SlotRest> restOf)
    {
        var ours = files.Where(IsOurs).ToList();
        var days = ours.ToLookup(DayOf);
        return [.. ours.GroupBy(SlotOf).OrderBy(slot => slot.Key.Day).ThenBy(slot => slot.Key.Hour ?? -1)
            .Where(slot => IsOver(slot.Key, now))
            .Select(slot => Job(slot.Key, [.. slot], restOf(slot.Key))).OfType<CompactionJob>()
            .Select(job => IsLate(job.Slot) ? job with { Others = [.. days[job.Slot.Day].Except(job.Inputs)] } : job)];
    }

    /// <summary>The hour whose directory a file is in, or its day.</summary>
    public FileSlot SlotOf(DataFile file) =>
        new(DayOf(file), table == LakeTable.Events ? FileSlot.HourIn(file.Path, DayOf(file)) : null);

    /// <summary>Whether all rows of a file are one tenant's, and enough to be kept apart, or were held to be.</summary>
    public bool IsOwn(DataFile file) =>
        (file.SizeBytes >= options.OwnFileBytes || DataFileName.IsOwn(file.Path))
        && file.LowerBounds.TryGetValue(_tenant, out var lower)
        && file.UpperBounds.TryGetValue(_tenant, out var upper) && lower.AsSpan().SequenceEqual(upper);

    /// <summary>Only what we wrote, which says whether it is sound and has field ids; what others write is
    /// theirs.</summary>
    private bool IsOurs(DataFile file) => file.SpecId == table.Partition.Id && file.Partition is [not null]
        && file.Content == 0 && DataFileName.ChecksumIn(file.Path) is not null;

    private bool IsOver(FileSlot slot, long now)
    {
        var end = slot.Hour is { } hour ? (hour + 1) * MicrosPerHour : slot.Day * HoursPerDay * MicrosPerHour;
        return end + (long)options.After.TotalMicroseconds <= now;
    }

    private CompactionJob? Job(FileSlot slot, List<DataFile> files, SlotRest rest)
    {
        var isLate = IsLate(slot);
        if (rest == SlotRest.Failed || (rest == SlotRest.Done && files.Count < options.FilesMax))
        {
            return null;
        }
        var shared = files.Where(file => isLate || !IsOwn(file)).OrderBy(file => file.SizeBytes).ToList();
        if (!isLate && Scattered(files) is { Count: > 0 } scattered)
        {
            return new CompactionJob(
                table, slot, [.. scattered, .. shared.Where(file => file.SizeBytes < options.GoodBytes)],
                Math.Max(1, options.SharedFilesMax - shared.Count(file => file.SizeBytes >= options.GoodBytes)));
        }
        var loose = shared.TakeWhile(file => file.SizeBytes < options.GoodBytes).Take(options.InputsMax).ToList();
        if (slot.Hour is null)
        {
            return isLate && shared.Sum(file => file.SizeBytes) >= options.GoodBytes
                ? new CompactionJob(table, slot, shared, 1) { IsFolding = true }
                : loose.Count < (isLate && !loose.All(file => DataFileName.IsCompacted(file.Path)) ? 1 : 2) ? null
                : new CompactionJob(table, slot, loose, options.SharedFilesMax);
        }
        var tooMany = Math.Max(0, shared.Count - loose.Count + Math.Min(loose.Count, 1) - options.SharedFilesMax);
        var inputs = shared.Take(loose.Count + (tooMany > 0 ? tooMany + 1 : 0)).ToList();
        return inputs.Count < 2 ? null
            : new CompactionJob(table, slot, inputs, options.SharedFilesMax - (shared.Count - inputs.Count));
    }

    /// <summary>Large files of a tenant that has several, as commits of a busy tenant write them.</summary>
    private List<DataFile> Scattered(List<DataFile> files) =>
    [
        .. files.Where(IsOwn).GroupBy(file => Convert.ToHexString(file.LowerBounds[_tenant]))
            .Where(own => own.Count() > 1 && own.Any(file => !DataFileName.IsCompacted(file.Path)))
            .SelectMany(own => own).Take(options.InputsMax),
    ];

    private bool IsLate(FileSlot slot) => table == LakeTable.Events && slot.Hour is null;

    private static int DayOf(DataFile file) => (int)Bounds.Decode(FieldType.Date, file.Partition[0])!;
}
