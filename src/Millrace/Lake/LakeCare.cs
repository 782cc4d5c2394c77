using System.Collections.Concurrent;
using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>What care works with.</summary>
internal sealed record LakeCareParts(LakeTables Tables, IdRunFiles IdFiles, Claims Claims)
{
    public required IdRuns Runs { get; init; }

    /// <summary>Has the hot segments.</summary>
    public required IDisk Disk { get; init; }

    public required LakeMetrics Metrics { get; init; }
}

/// <summary>Keeps what readers must look through small: merges manifests and id runs, expires snapshots and old
/// metadata, and removes files once no query that may have listed them can still run.</summary>
/// <remarks>Runs after a commit, in the committer's turn. What fails is done after a later one; what a crash leaves
/// behind is unreferenced, and found once a day.</remarks>
internal sealed class LakeCare(LakeCareParts parts, LakeOptions options, TimeProvider time)
{
    private readonly Transaction _transaction = new(parts.Tables.Catalog, parts.Tables.Store);
    private readonly Expiry _expiry = new(parts.Tables.Store);
    private readonly Orphans _orphans = new(parts.Tables.Catalog, parts.Tables.Store);
    private readonly ConcurrentQueue<(long Since, Func<Task> Remove)> _leaving = new();
    private readonly Dictionary<TableName, HashSet<string>> _metadataFiles = [];
    private readonly List<IdRun> _expired = [];
    private long? _orphansSince;
    private int _commits;
    private int _isRemoving;

    /// <param name="committed">Its hot segments are in the lake now.</param>
    public async Task AfterCommitAsync(Generation committed)
    {
        foreach (var segment in committed.Hot)
        {
            Leave(() =>
            {
                parts.Disk.Delete(segment.Path);
                return Task.CompletedTask;
            });
        }
        // In this order: what fails every time must not keep the disk from being emptied.
        await RemoveLeftAsync();
        if (++_commits % options.CareEvery == 0)
        {
            foreach (var table in LakeTable.All)
            {
                await CareAsync(table.TableName);
            }
            await DropExpiredRunsAsync(committed);
            await LeaveOrphansAsync();
        }
        await MergeRunsAsync();
    }

    /// <summary>Removes what no query can need any more. Any thread may call it; one at a time does it.</summary>
    /// <remarks>A lake that waits for room makes no commit, so it must win back this way what its last ones
    /// left.</remarks>
    public async Task RemoveLeftAsync()
    {
        if (Interlocked.Exchange(ref _isRemoving, 1) != 0)
        {
            return;
        }
        try
        {
            while (_leaving.TryPeek(out var file) && time.GetElapsedTime(file.Since) >= options.ReadersLeaveAfter)
            {
                // First, so that one which cannot be removed does not keep the others.
                _leaving.TryDequeue(out _);
                await file.Remove();
            }
        }
        finally
        {
            Volatile.Write(ref _isRemoving, 0);
        }
    }

    private async Task MergeRunsAsync()
    {
        if (await parts.IdFiles.MergeAsync(parts.Runs.Runs, CancellationToken.None) is not { } merge)
        {
            return;
        }
        parts.Runs.Replace(merge.Inputs, merge.Merged);
        parts.Claims.Retire(merge.Inputs);
        parts.IdFiles.Remove(merge.Inputs);
    }

    /// <summary>Runs past the dedup window leave the set, then the catalog and the disk.</summary>
    private async Task DropExpiredRunsAsync(Generation committed)
    {
        if (committed.HasRecords)
        {
            var expired = parts.Runs.DropExpired(committed.ReceivedMax);
            parts.Claims.Retire(expired);
            _expired.AddRange(expired.Where(parts.IdFiles.IsOwn));
        }
        await parts.IdFiles.ForgetAsync(_expired, CancellationToken.None);
        _expired.Clear();
    }

    private async Task CareAsync(TableName name)
    {
        await CommitAsync(new TableChange(name).MergeManifests(options.ManifestsMergedAt));
        var (catalog, objects) = (parts.Tables.Catalog, parts.Tables.Store.Objects);
        if (await Table.LoadAsync(catalog, name, objects, CancellationToken.None) is not { } before)
        {
            return;
        }
        LeaveOldMetadata(before);
        if (before.Metadata.Snapshots.Count <= options.SnapshotsKept)
        {
            return;
        }
        // By number alone: a clock that was once ahead would make the snapshots of that time stay young for ever, and
        // whoever reads one that is forgotten has its files for a while yet.
        var after = await CommitAsync(new TableChange(name)
            .ExpireSnapshots(options.SnapshotsKept, DateTimeOffset.MaxValue));
        if (after is not null)
        {
            var locations = await _expiry.DeletableAsync(before, after, CancellationToken.None);
            Leave(() => _expiry.DeleteAsync(locations, CancellationToken.None));
        }
    }

    /// <summary>Metadata files that fell out of the metadata log since the last look.</summary>
    private void LeaveOldMetadata(Table table)
    {
        HashSet<string> files =
            [table.MetadataLocation, .. table.Metadata.MetadataLog.Select(entry => entry.MetadataFile)];
        var gone = _metadataFiles.GetValueOrDefault(table.Name, []).Except(files).ToList();
        _metadataFiles[table.Name] = files;
        Leave(() => _expiry.DeleteAsync(gone, CancellationToken.None));
    }

    /// <summary>In the committer's turn, so that no commit of this process is in flight.</summary>
    private async Task LeaveOrphansAsync()
    {
        if (_orphansSince is { } since && time.GetElapsedTime(since) < options.OrphansEvery)
        {
            return;
        }
        _orphansSince = time.GetTimestamp();
        var before = time.GetUtcNow() - options.OrphansAfter;
        foreach (var table in LakeTable.All)
        {
            var found = await FindOrphansAsync(table, before);
            if (found.Count == 0)
            {
                continue;
            }
            Leave(async () =>
            {
                // Looked for again: where the clock has jumped, a file of a commit in flight seemed old.
                var still = await FindOrphansAsync(table, before);
                var orphans = found.Intersect(still).ToList();
                await _expiry.DeleteAsync(orphans, CancellationToken.None);
                parts.Metrics.OrphansRemoved(orphans.Count);
            });
        }
    }

    private async Task<IReadOnlyList<string>> FindOrphansAsync(LakeTable table, DateTimeOffset before)
    {
        try
        {
            return await _orphans.FindAsync(table.TableName, before, CancellationToken.None);
        }
        catch (IcebergFormatException)
        {
            // What an old snapshot names cannot be known: nothing is an orphan. `millrace check` names the damage.
            parts.Metrics.Retried("look for orphans");
            return [];
        }
    }

    private async Task<Table?> CommitAsync(TableChange change) =>
        (await _transaction.CommitAsync(new TransactionRequest([change]), CancellationToken.None))
            .GetValueOrDefault(change.Table);

    private void Leave(Func<Task> remove) => _leaving.Enqueue((time.GetTimestamp(), remove));
}
