using System.Collections.Concurrent;
using System.Diagnostics;

namespace Millrace.Integration.Hostile;

/// <summary>A well-behaved client beside an attack: a new event at a steady pace, whatever became of the one
/// before.</summary>
internal sealed class GoodClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _enough = new();
    private readonly ConcurrentQueue<(int Status, double Milliseconds)> _answers = new();
    private readonly string _url;
    private readonly Task _sending;

    public GoodClient(string url, TimeSpan every)
    {
        _url = url;
        _sending = Task.Run(() => SendAsync(every));
    }

    public int Count => _answers.Count;

    /// <summary>Answers, and 0 for requests that got none.</summary>
    public IEnumerable<int> Statuses => _answers.Select(answer => answer.Status);

    /// <summary>Of the answers so far, in milliseconds.</summary>
    public double Percentile(double part)
    {
        var sorted = _answers.Select(answer => answer.Milliseconds).Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[(int)(part * (sorted.Count - 1))];
    }

    /// <summary>Waits until so many more requests than now have their answer.</summary>
    public Task GoOnAsync(int more)
    {
        var target = Count + more;
        return Eventually.BeTrueAsync(() => Count >= target);
    }

    /// <summary>No new requests; returns when those under way have their answers.</summary>
    public async Task StopAsync()
    {
        await _enough.CancelAsync();
        await _sending;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _enough.Dispose();
    }

    private async Task SendAsync(TimeSpan every)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var timer = new PeriodicTimer(every);
        var underWay = new List<Task>();
        try
        {
            while (await timer.WaitForNextTickAsync(_enough.Token))
            {
                underWay.Add(SendOneAsync(http));
                underWay.RemoveAll(task => task.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(underWay);
        }
    }

    private async Task SendOneAsync(HttpClient http)
    {
        var started = Stopwatch.GetTimestamp();
        var status = await Api.SendAsync(http, _url, """{"event":"good"}""");
        _answers.Enqueue((status, Stopwatch.GetElapsedTime(started).TotalMilliseconds));
    }
}
