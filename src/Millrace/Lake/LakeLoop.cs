using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>What the lake's loop drives. All of it belongs to the loop's thread but <see cref="Committer"/>.</summary>
internal sealed record LakeLoopParts(LogReader Reader, LogRefiner Refiner, FreshRows Fresh, HotSegments Hot)
{
    /// <summary>The lake's position: what the first commit must find. The reader may begin behind it, after a
    /// gap.</summary>
    public required long Position { get; init; }

    public required Claims Claims { get; init; }

    public required IdRuns Runs { get; init; }

    public required Committer Committer { get; init; }

    public required RowSets RowSets { get; init; }

    public required LakeRoom Room { get; init; }

    /// <summary>Runs after each commit, beside the loop: merges, expiry,
    /// removal of what nobody reads any more.</summary>
    public required LakeCare Care { get; init; }

    public required LakeMetrics Metrics { get; init; }
}

/// <summary>The loop that refines the log and keeps the lake: read, refine, write hot segments,
/// seal what a commit takes.</summary>
/// <remarks>
/// All control flow of the slice is here. The committer runs beside it and takes one sealed generation at a time, so
/// that rows stay queryable within seconds while a commit is written. A failing disk holds the loop at its edge until
/// the disk recovers; the log keeps what comes in meanwhile.
/// </remarks>
internal sealed class LakeLoop(LakeLoopParts parts, LakeOptions options, TimeProvider time, ILogger<LakeLoop> logger)
{
    private const string Care = "care for the lake";
    private const int TriesWhileStopping = 5;

    /// <summary>Tries after which a step that fails is no hiccup any more: about 3 s where it fails at once.</summary>
    private const int TriesUntilFault = 5;

    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FaultAfter = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, string> _faults = new();
    private readonly ConcurrentDictionary<string, long> _begun = new();
    private readonly Channel<Generation> _sealed = Channel.CreateBounded<Generation>(1);
    private Generation _generation = new(parts.Position, parts.Claims.Current, parts.RowSets.Rent());
    private LogItem? _item;
    private bool _hasMore;
    private volatile bool _isCommitterGone;
    private long _hotFirst = -1;
    private long _hotSince;
    private long? _hotReceived;
    private long _generationSince;

    /// <summary>Exclusive end of what is refined and visible.</summary>
    public long RefinedEnd { get; private set; } = parts.Position;

    /// <summary>True once there was a moment at which all that the log held was visible.</summary>
    public bool HasCaughtUp { get; private set; }

    /// <summary>Which step has kept failing and why, as a sentence; null: none.</summary>
    public string? Fault => _faults.Select(fault => $"Could not {fault.Key}: {fault.Value}")
        .Concat(_begun.Where(step => time.GetElapsedTime(step.Value) >= HangsAfter)
            .Select(step => $"Has tried to {step.Key} for {time.GetElapsedTime(step.Value).TotalSeconds:0} s, "
                + "which neither ends nor fails: look at the disk and the catalog."))
        .FirstOrDefault();

    /// <summary>No step waits for longer than for the next commit.</summary>
    private TimeSpan HangsAfter => options.CommitAfter + TimeSpan.FromMinutes(1);

    /// <summary>Runs until <paramref name="stop"/>, then refines to the log's synced end,
    /// commits and returns.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // Whichever of the loop and the committer fails, the other one does not wait for the world to recover.
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        parts.Fresh.Begin(_generation);
        var committing = CommitSealedAsync(halt);
        try
        {
            await RefineAsync(stop, halt.Token);
        }
        catch
        {
            await halt.CancelAsync();
            throw;
        }
        finally
        {
            _sealed.Writer.TryComplete();
            await committing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            parts.Claims.LetGo();
            foreach (var step in _faults.Keys)
            {
                ClearFault(step);
            }
        }
        await committing;
    }

    private async Task RefineAsync(CancellationToken stop, CancellationToken halt)
    {
        while (!_isCommitterGone)
        {
            var isStopping = stop.IsCancellationRequested;
            parts.Claims.LetGo();
            await RetryAsync("refine the log", RefineAvailable, halt);
            if (IsHotDue())
            {
                await WriteHotAsync(halt);
            }
            if (IsCommitDue())
            {
                await SealAsync(halt);
            }
            if (!_hasMore)
            {
                if (isStopping)
                {
                    break;
                }
                await RetryAsync("follow the log", () => WaitAsync(halt), halt);
            }
        }
        await SealAsync(halt);
    }

    /// <summary>Refines until something is due or nothing more is synced. After a failure it goes on where it
    /// was.</summary>
    private Task RefineAvailable()
    {
        while (!IsHotDue() && !IsCommitDue())
        {
            if (_item is null && !TryRead())
            {
                HasCaughtUp |= _hotFirst < 0;
                _hasMore = false;
                return Task.CompletedTask;
            }
            Take(_item!.Value);
            _item = null;
        }
        _hasMore = true;
        return Task.CompletedTask;
    }

    private bool TryRead()
    {
        if (!parts.Reader.TryRead(out var item))
        {
            return false;
        }
        _item = item;
        var (offset, end) = item.Damage is { } damage
            ? (damage.From, damage.To) : (item.Record.Offset, item.Record.End);
        if (_hotFirst < 0)
        {
            (_hotFirst, _hotSince, _hotReceived) = (offset, time.GetTimestamp(), null);
        }
        if (_generation.IsEmpty)
        {
            _generationSince = time.GetTimestamp();
        }
        _generation.Cover(new LogStretch(offset, end, parts.Reader.Reached.Events));
        return true;
    }

    private void Take(in LogItem item)
    {
        if (item.Damage is { } damage)
        {
            if (damage.Events > 0)
            {
                logger.LogDamaged(damage.From, damage.To, damage.Events);
            }
            else
            {
                logger.LogGap(damage.From, damage.To);
            }
            parts.Metrics.Damaged(damage.Events);
            parts.Refiner.Take(damage, parts.Fresh);
            return;
        }
        _generation.CoverTime(item.Record.ReceivedMicros);
        _hotReceived ??= item.Record.ReceivedMicros;
        var lost = parts.Refiner.ControlRecordsLost;
        parts.Refiner.Take(item.Record, parts.Fresh);
        if (parts.Refiner.ControlRecordsLost > lost)
        {
            parts.Metrics.RulesLost(parts.Refiner.ControlRecordsLost - lost);
            logger.RulesLost(parts.Refiner.ControlRecordsLost - lost, item.Record.Offset);
        }
    }

    private bool IsHotDue() => _hotFirst >= 0
        && (parts.Fresh.Rows >= options.HotRowsMax || _generation.To - _hotFirst >= options.HotBytesMax
            || parts.Fresh.Bytes >= options.HotRowBytesMax
            || time.GetElapsedTime(_hotSince) >= options.HotAfter);

    private bool IsCommitDue() => !_generation.IsEmpty
        && (_generation.LogBytes >= options.CommitBytes || _generation.Ids.Count >= Claims.IdsPerGeneration
            || _generation.Rows.Bytes >= options.RowBytesMax || _generation.Days >= options.CommitDaysMax
            || time.GetElapsedTime(_generationSince) >= options.CommitAfter);

    private async Task WriteHotAsync(CancellationToken stop)
    {
        if (_hotFirst < 0)
        {
            return;
        }
        await RetryAsync("write a hot segment", WriteHot, stop);
        RefinedEnd = _generation.To;
        parts.Metrics.RefinedTo(RefinedEnd);
        _hotFirst = -1;
    }

    private Task WriteHot()
    {
        parts.Room.Check();
        var segments = parts.Fresh.WriteHot(parts.Hot, (_hotFirst, _generation.To));
        foreach (var segment in segments)
        {
            _generation.Add(segment);
        }
        if (segments.Count > 0 && _hotReceived is { } received)
        {
            // A clock that was set back says that they have not come yet.
            var age = time.GetUtcNow() - DateTimeOffset.UnixEpoch.AddMicroseconds(received);
            var read = time.GetElapsedTime(_hotSince);
            parts.Metrics.Visible(age > read ? age : read);
        }
        return Task.CompletedTask;
    }

    /// <summary>Hands the generation to the committer; waits while it still has one.</summary>
    private async Task SealAsync(CancellationToken stop)
    {
        if (_generation.IsEmpty)
        {
            return;
        }
        await WriteHotAsync(stop);
        var complete = _generation;
        _generation = new Generation(complete.To, parts.Claims.Seal(), parts.RowSets.Rent());
        parts.Fresh.Begin(_generation);
        if (await _sealed.Writer.WaitToWriteAsync(CancellationToken.None))
        {
            _sealed.Writer.TryWrite(complete);
        }
    }

    private async Task CommitSealedAsync(CancellationTokenSource halt)
    {
        try
        {
            // Not ReadAllAsync: it goes on in the thread pool, wherever its caller runs.
            while (await _sealed.Reader.WaitToReadAsync(CancellationToken.None))
            {
                _sealed.Reader.TryRead(out var generation);
                await RetryAsync("commit to the lake", () => CommitAsync(generation!), halt.Token);
                await CareAfterAsync(generation!);
            }
        }
        catch
        {
            // The loop must not wait for ever to hand over to a committer that is gone, nor go on without one. It may
            // wake up inside the cancellation, so it is told before.
            _isCommitterGone = true;
            _sealed.Writer.TryComplete();
            await halt.CancelAsync();
            throw;
        }
    }

    private async Task CareAfterAsync(Generation generation)
    {
        _begun[Care] = time.GetTimestamp();
        try
        {
            await CareAsync(() => parts.Care.AfterCommitAsync(generation));
        }
        finally
        {
            _begun.TryRemove(Care, out _);
        }
    }

    /// <summary>Care that fails must not hold up commits: it is due again after the next one. A damaged id run is not
    /// for care to mend: the role begins anew and rebuilds it.</summary>
    private async Task CareAsync(Func<Task> care)
    {
        try
        {
            await care();
        }
        catch (Exception exception) when (LakeFailures.MayPass(exception) || exception is StaleChangeException)
        {
            parts.Metrics.Retried(Care);
            logger.StepFailed(exception, Care, 1);
        }
    }

    private async Task CommitAsync(Generation generation)
    {
        parts.Room.Check();
        var started = time.GetTimestamp();
        var run = await parts.Committer.CommitAsync(generation, CancellationToken.None);
        if (run is not null)
        {
            parts.Runs.Add(run);
        }
        parts.Claims.Committed(generation.Ids);
        parts.RowSets.Return(generation.Rows);
        parts.Metrics.CommittedTo(generation.To);
        parts.Metrics.Committed(time.GetElapsedTime(started), generation);
        logger.Committed(generation.To, generation.Hot.Count);
    }

    /// <summary>The edge where a failing world is retried: bounded backoff, counted, without an end while the process
    /// runs. While it stops, a step is given a few tries; the log still holds the rows.</summary>
    private async Task RetryAsync(string step, Func<Task> run, CancellationToken stop)
    {
        var triesLeft = TriesWhileStopping;
        var began = time.GetTimestamp();
        _begun[step] = began;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await run();
                ClearFault(step);
                return;
            }
            catch (Exception exception) when (LakeFailures.MayPass(exception)
                && !(stop.IsCancellationRequested && --triesLeft == 0))
            {
                parts.Metrics.Retried(step);
                logger.StepFailed(exception, step, attempt);
                if (attempt >= TriesUntilFault || time.GetElapsedTime(began) >= FaultAfter)
                {
                    SetFault(step, exception.Message);
                }
                await CareAsync(parts.Care.RemoveLeftAsync);
                var pause = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(attempt, 10)));
                await Task.Delay(pause < RetryAfterMax ? pause : RetryAfterMax, time, CancellationToken.None);
            }
        }
    }

    private void SetFault(string step, string reason)
    {
        if (_faults.TryAdd(step, reason))
        {
            parts.Metrics.Failing(1);
        }
    }

    private void ClearFault(string step)
    {
        _begun.TryRemove(step, out _);
        if (_faults.TryRemove(step, out _))
        {
            parts.Metrics.Failing(-1);
        }
    }

    private async Task WaitAsync(CancellationToken stop)
    {
        using var due = new CancellationTokenSource(UntilDue(), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, stop);
        try
        {
            await parts.Reader.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Something is due, or the process stops: the loop looks at both.
        }
    }

    private TimeSpan UntilDue()
    {
        var hot = _hotFirst >= 0 ? options.HotAfter - time.GetElapsedTime(_hotSince) : options.CommitAfter;
        var commit = _generation.IsEmpty
            ? options.CommitAfter : options.CommitAfter - time.GetElapsedTime(_generationSince);
        var until = hot < commit ? hot : commit;
        return until > TimeSpan.Zero ? until : TimeSpan.Zero;
    }
}
