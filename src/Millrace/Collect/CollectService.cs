using System.Buffers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Control;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Collect;

/// <summary>The loop beside the requests: writes changes of control and the counts of refused requests into the
/// log.</summary>
/// <remarks>Its start writes the first control record, before the first request is accepted.</remarks>
internal sealed class CollectService(
    CollectParts parts, LiveControl control, ControlStore store, ILogger<CollectService> logger) : BackgroundService
{
    private ReadOnlyMemory<byte> _stamp = parts.Log.Stamp;
    private volatile bool _isStamped;
    private long _flushed = parts.Time.GetTimestamp();

    /// <summary>What keeps this role from being ready; null: nothing.</summary>
    public string? Fault => _isStamped ? null : "The log has not taken the control version that is in force.";

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await WriteControlAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Writes the last counts once no request can come any more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var rows = parts.Refusals.Take();
        var refusal = await WriteRefusalsAsync(rows);
        if (refusal != AppendRefusal.None)
        {
            logger.RefusalsLost(refusal, rows.Values.Sum(count => count.Requests));
        }
    }

    /// <summary>Writes what is due now. Not thread safe: the loop calls it, or a test instead of the loop.</summary>
    public async Task TickAsync()
    {
        await WriteControlAsync();
        if (parts.Time.GetElapsedTime(_flushed) >= parts.Options.RefusalsEvery)
        {
            _flushed = parts.Time.GetTimestamp();
            await FlushRefusalsAsync();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(parts.Options.ControlEvery, parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TickAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    /// <summary>Brings the log's control version up to date: the content first, then the record that names
    /// it.</summary>
    private async Task WriteControlAsync()
    {
        var snapshot = control.Current;
        _isStamped = snapshot.Version.Span.SequenceEqual(_stamp.Span);
        if (_isStamped)
        {
            return;
        }
        try
        {
            store.KeepVersion(snapshot.Version, snapshot.Content);
        }
        catch (SqliteException failure)
        {
            logger.VersionNotKept(failure.Message);
            return;
        }
        var appended = await AppendAsync(EnvelopeKind.Control, snapshot.Version, snapshot.Version);
        if (appended.Refusal != AppendRefusal.None)
        {
            logger.RecordRefused("control", appended.Refusal);
            return;
        }
        _stamp = snapshot.Version;
        _isStamped = true;
        var version = KeyHash.From(snapshot.Version.Span);
        logger.ControlInForce(version, appended.Offset);
    }

    private async Task FlushRefusalsAsync()
    {
        var rows = parts.Refusals.Take();
        var refusal = await WriteRefusalsAsync(rows);
        if (refusal != AppendRefusal.None)
        {
            parts.Refusals.Return(rows);
            logger.RecordRefused("refusals", refusal);
        }
    }

    private async Task<AppendRefusal> WriteRefusalsAsync(IReadOnlyDictionary<RefusalRow, RefusalCount> rows) =>
        rows.Count == 0 ? AppendRefusal.None
            : (await AppendAsync(EnvelopeKind.Refusals, Refusals.Write(rows), default)).Refusal;

    private async ValueTask<AppendResult> AppendAsync(EnvelopeKind kind, ReadOnlyMemory<byte> body,
        ReadOnlyMemory<byte> stamp)
    {
        var head = new byte[Envelope.BytesMax(default)];
        var length = Envelope.Write(head, kind, default);
        var appended = await parts.Log.AppendAsync(
            new LogEntry { Head = head.AsMemory(0, length), Body = new ReadOnlySequence<byte>(body), Stamp = stamp });
        // Away from where clients are told of their appends: what comes next may take longer than an answer.
        await Task.Yield();
        return appended;
    }
}
