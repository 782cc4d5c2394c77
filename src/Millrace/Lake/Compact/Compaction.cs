using System.Runtime.CompilerServices;
using Millrace.DuckDb;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>How one hour or day fared.</summary>
/// <param name="Compacted">What it became; null if it failed.</param>
/// <param name="Fault">Why it failed; null: it did not.</param>
internal sealed record CompactionResult(CompactionJob Job, Compacted? Compacted, Exception? Fault)
{
    public TimeSpan Duration { get; init; }
}

/// <summary>Finds what is due in a table and compacts it, one hour or day after the other, oldest first.</summary>
/// <remarks>Not thread safe. Beside it the lake commits, and another process may compact too: whoever is second finds
/// the files gone, and drops its own.</remarks>
internal sealed class Compaction(CompactorParts parts, CompactionOptions options, TimeProvider time) : IDisposable
{
    private const long FloorMax = 6L << 30;
    private const int FloorShare = 8;

    private readonly Compactor _compactor = new(parts, options);
    private readonly Dictionary<(LakeTable Table, FileSlot Slot), (long At, bool IsDone)> _tried = [];

    /// <summary>Compacts what is due in a table. What fails is due again after a while.</summary>
    /// <exception cref="OperationCanceledException">Stopped; what was true stays so.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public async IAsyncEnumerable<CompactionResult> RunAsync(
        LakeTable table, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var job in await JobsAsync(table, ct))
        {
            ct.ThrowIfCancellationRequested();
            CheckRoom(job);
            var began = time.GetTimestamp();
            if (await TryAsync(job, ct) is { } result)
            {
                yield return result with { Duration = time.GetElapsedTime(began) };
            }
        }
    }

    public void Dispose() => _compactor.Dispose();

    private async Task<IReadOnlyList<CompactionJob>> JobsAsync(LakeTable table, CancellationToken ct)
    {
        var tables = parts.Tables;
        if (await Table.LoadAsync(tables.Catalog, table.TableName, tables.Store.Objects, ct) is not { } loaded)
        {
            return [];
        }
        if (!HasOurSchema(loaded.Metadata.Schema, table.Schema))
        {
            return []; // Written by our schema, columns of another engine or of a newer Millrace would be lost.
        }
        var files = await new Planner(tables.Store).PlanAsync(loaded, Predicate.All, ct);
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        ForgetRested();
        return new CompactionPlan(table, options).Jobs(files, now, slot => RestOf(table, slot));
    }

    private static bool HasOurSchema(Schema theirs, Schema ours) => theirs.Fields.Count == ours.Fields.Count
        && theirs.Fields.Zip(ours.Fields).All(pair => pair.First.Id == pair.Second.Id
            && pair.First.Name == pair.Second.Name && pair.First.Type == pair.Second.Type);

    /// <summary>Optional work leaves more room than the log wants: it must never make the log refuse.</summary>
    private void CheckRoom(CompactionJob job)
    {
        parts.Disk.CreateDirectory(parts.Scratch);
        var space = parts.Disk.Space(parts.Scratch);
        var floor = Math.Min(space.TotalBytes / FloorShare, FloorMax) + job.Bytes;
        if (space.FreeBytes < floor)
        {
            throw new IOException(
                $"Only {space.FreeBytes >> 20} MiB are free at '{parts.Scratch}', compaction of {job.Slot.Folder} of "
                + $"{job.Table.Name} wants {floor >> 20}: make room.");
        }
    }

    private SlotRest RestOf(LakeTable table, FileSlot slot) =>
        !_tried.TryGetValue((table, slot), out var tried) ? SlotRest.None
        : tried.IsDone ? SlotRest.Done : SlotRest.Failed;

    /// <returns>Null: another process was faster, or took the files away.</returns>
    private async Task<CompactionResult?> TryAsync(CompactionJob job, CancellationToken ct)
    {
        var isDone = false;
        try
        {
            var compacted = await _compactor.RunAsync(job, ct);
            isDone = true;
            return new CompactionResult(job, compacted, Fault: null);
        }
        catch (StaleChangeException)
        {
            return null;
        }
        catch (Exception failure) when (LakeFailures.IsOfTheWorld(failure) || failure is DuckDbException)
        {
            // Of DuckDB too: a file that cannot be read, rows too wide for its memory.
            return new CompactionResult(job, Compacted: null, failure);
        }
        finally
        {
            _tried[(job.Table, job.Slot)] = (time.GetTimestamp(), isDone);
        }
    }

    private void ForgetRested()
    {
        foreach (var (slot, tried) in _tried)
        {
            if (time.GetElapsedTime(tried.At) >= options.Every)
            {
                _tried.Remove(slot);
            }
        }
    }
}
