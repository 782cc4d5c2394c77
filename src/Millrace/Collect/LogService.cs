using Microsoft.Extensions.Hosting;
using Millrace.Log;

namespace Millrace.Collect;

/// <summary>Owns the log's writer: tells it what the lake has committed, so that segments are used again, and closes it
/// after the last request.</summary>
/// <param name="committed">The lake's position in this node's log; null while nothing was committed, or the lake
/// cannot be read.</param>
internal sealed class LogService(
    LogWriter writer, Func<CancellationToken, Task<long?>> committed, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await writer.DisposeAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // Also where nothing is known to be committed: what was given back may have to go.
                writer.Release(await committed(stoppingToken) ?? 0);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
