using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Control;
using Millrace.Log;

namespace Millrace.Lake;

/// <summary>What the role takes from the process.</summary>
/// <param name="Lake">Is waited for until it has caught up.</param>
internal sealed record CompactionRoleParts(LakeRole Lake, DataDirectory Directory, IDisk Disk, LakeTables Tables)
{
    /// <summary>For the names of files; nobody else's.</summary>
    public required Random Random { get; init; }
}

/// <summary>Compacts the lake beside everything else this process does.</summary>
/// <remarks>What fails is tried again at a later look: nothing hangs on it but how long queries take.</remarks>
internal sealed class CompactionRole(
    CompactionRoleParts parts, LakeOptions options, LakeMetrics metrics, TimeProvider time,
    ILogger<CompactionRole> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var thread = new QuietThread("millrace compaction");
        using var compaction = new Compaction(
            new CompactorParts(parts.Tables, parts.Disk, parts.Directory.In("tmp/compact"))
            {
                Random = parts.Random, Quietly = thread.Run,
            },
            options.Compaction, time);
        await RunAsync(compaction, stoppingToken);
    }

    private async Task RunAsync(Compaction compaction, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            // The log first: until it is read, neither disk nor processor has anything to spare.
            if (parts.Lake.IsCaughtUp && parts.Lake.Fault is null)
            {
                await LookAsync(compaction, stop);
            }
            await Task.Delay(options.Compaction.LookEvery, time, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(Compaction compaction, CancellationToken stop)
    {
        try
        {
            foreach (var table in LakeTable.All)
            {
                await foreach (var result in compaction.RunAsync(table, stop))
                {
                    Tell(result);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What was written of an hour goes; nothing of it was true yet.
        }
        catch (Exception failure) when (LakeFailures.IsOfTheWorld(failure))
        {
            metrics.CompactionFailed();
            logger.NoCompaction(failure, failure.Message);
        }
    }

    private void Tell(CompactionResult result)
    {
        var job = result.Job;
        if (result.Fault is { } fault)
        {
            metrics.CompactionFailed();
            logger.CompactionFailed(fault, job.Table.Name, job.Slot.Folder, fault.Message);
            return;
        }
        metrics.Compacted(job, result.Compacted!, result.Duration);
        logger.Compacted(job.Table.Name, job.Slot.Folder, job.Inputs.Count, result.Compacted!.Files.Count);
    }
}
