using Millrace.Generate;
using Millrace.Send;

namespace Millrace.Cli;

/// <summary>When a <see cref="TrafficRun"/> ends and how fast it goes.</summary>
/// <param name="Rate">Events per second; null: as fast as the server answers.</param>
/// <param name="Duration">Null: until the plan's events are written or the token is cancelled.</param>
/// <param name="BatchEventsMax">Lines in a request.</param>
internal sealed record TrafficPace(double? Rate, TimeSpan? Duration, int BatchEventsMax = 100);

/// <summary>Sends generated traffic, each tenant's under its own key. Verbs generate and demo.</summary>
/// <param name="keys">The write key of each tenant; one key for all if there is one only.</param>
internal sealed class TrafficRun(
    TrafficSource source, IReadOnlyList<string> keys, EventSender sender, TimeProvider clock)
{
    /// <summary>A line waits no longer than this for others to fill its batch.</summary>
    private static readonly TimeSpan LingerMax = TimeSpan.FromMilliseconds(200);

    private BatchBuilder[] _lanes = [];

    /// <summary>Returns when all is answered. Cancelling <paramref name="enough"/> ends the traffic, not what is under
    /// way: the totals of the source hold in any case.</summary>
    public async Task SendAsync(TrafficPace pace, Action onProgress, CancellationToken enough)
    {
        _lanes = [.. keys.Select(key => new BatchBuilder(key, pace.BatchEventsMax))];
        var begin = clock.GetTimestamp();
        var pacer = pace.Rate is { } rate ? new Pacer(rate, clock) : null;
        while (!enough.IsCancellationRequested && !(clock.GetElapsedTime(begin) >= pace.Duration))
        {
            if (pacer?.IsDue(source.Position) == false)
            {
                await FlushAsync(LingerMax);
                onProgress();
                await pacer.TickAsync(CancellationToken.None);
                continue;
            }
            if (!source.TryNext())
            {
                break;
            }
            if (await AddAsync())
            {
                onProgress();
            }
        }
        await FlushAsync(TimeSpan.Zero);
        await sender.CompleteAsync();
        onProgress();
    }

    /// <returns>True: a batch was full and went.</returns>
    private async ValueTask<bool> AddAsync()
    {
        var lane = _lanes[_lanes.Length == 1 ? 0 : source.Tenant];
        var isFull = !lane.Fits(source.Line.Length);
        if (isFull)
        {
            await sender.EnqueueAsync(lane.Take(), CancellationToken.None);
        }
        lane.Add(source.Line, source.Position, clock.GetTimestamp());
        return isFull;
    }

    private async Task FlushAsync(TimeSpan olderThan)
    {
        foreach (var lane in _lanes)
        {
            if (lane.Events > 0 && clock.GetElapsedTime(lane.Since) >= olderThan)
            {
                await sender.EnqueueAsync(lane.Take(), CancellationToken.None);
            }
        }
    }
}
