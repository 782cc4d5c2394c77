namespace Millrace.Integration;

/// <summary>Clients that send batches of events with known ids, each batch again until the server says yes.</summary>
internal sealed class LoadDriver : IAsyncDisposable
{
    private readonly string _url;
    private readonly LoadShape _shape;
    private readonly Acknowledged _acknowledged;
    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationTokenSource _abandoned = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly Task[] _clients;
    private long _retries;

    public LoadDriver(string url, Acknowledged acknowledged, LoadShape shape)
    {
        (_url, _acknowledged, _shape) = (url, acknowledged, shape);
        _clients = [.. Enumerable.Range(0, shape.Clients).Select(client => Task.Run(() => SendAsync(client)))];
    }

    /// <summary>Requests that got no yes that counts, and were sent again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>No new batches; returns when every batch under way has a yes that counts.</summary>
    public async Task FinishAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(TimeSpan.FromMinutes(5));
    }

    /// <summary>Gives up what has no yes yet: a test that failed must not wait for a server that is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _abandoned.CancelAsync();
        await Task.WhenAll(_clients).ContinueWith(_ => { }, TaskScheduler.Default);
        _enough.Dispose();
        _abandoned.Dispose();
        _http.Dispose();
    }

    private async Task SendAsync(int client)
    {
        for (var batch = 0; !_enough.IsCancellationRequested; batch++)
        {
            string[] ids =
                [.. Enumerable.Range(0, _shape.BatchEvents).Select(i => $"{_shape.Prefix}-{client}-{batch}-{i}")];
            var body = string.Join('\n', ids.Select(Event));
            while (!await IsPromisedAsync(ids, body))
            {
                Interlocked.Increment(ref _retries);
                // The server is being killed and started again: asking more often helps nobody.
                await Task.Delay(50, _abandoned.Token);
            }
            await Task.Delay(_shape.Pause);
        }
    }

    private async Task<bool> IsPromisedAsync(string[] ids, string body)
    {
        var moment = _acknowledged.Moment;
        return await Api.SendAsync(_http, _url, body) == 200 && _acknowledged.TryAdd(ids, moment);
    }

    /// <summary>Of now, of an hour ago, or late by more than a day: compaction has something to do.</summary>
    private static string Event(string id, int at)
    {
        var time = DateTime.UtcNow.AddHours((at % 3) switch { 0 => 0, 1 => -1, _ => -30 });
        return $$"""
            {"event":"load","event_id":"{{id}}","event_time":"{{time:O}}","properties":{"text":"😀 {{id}}","at":{{at}} } }
            """;
    }
}

/// <summary>How a <see cref="LoadDriver"/> loads.</summary>
internal sealed record LoadShape(string Prefix)
{
    public int Clients { get; init; } = 4;

    public int BatchEvents { get; init; } = 20;

    /// <summary>Between the answer to a batch and the next one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(20);
}
