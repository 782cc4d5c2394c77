using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;

namespace Millrace.Integration;

/// <summary>Clients that send batches of events with known ids, each batch again until the server says yes, and that
/// keep every answer which a client could not go on with.</summary>
internal sealed class DoorClients : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string _url;
    private readonly DoorLoad _load;
    private readonly Acknowledged _acknowledged;
    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationTokenSource _abandoned = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly ConcurrentDictionary<string, long> _strange = new();
    private readonly Task[] _clients;
    private long _refusals;

    public DoorClients(string url, Acknowledged acknowledged, DoorLoad load)
    {
        (_url, _acknowledged, _load) = (url, acknowledged, load);
        _clients = [.. Enumerable.Range(0, load.Clients).Select(client => Task.Run(() => SendAsync(client)))];
    }

    /// <summary>Answers 503 that said when to come back.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    /// <summary>Every other answer that was no yes, with how often it came.</summary>
    public IReadOnlyCollection<string> Strange => [.. _strange.Select(answer => $"{answer.Value} × {answer.Key}")];

    /// <summary>No new batches; returns when every batch under way has its yes.</summary>
    public async Task FinishAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(TimeSpan.FromSeconds(90));
    }

    /// <summary>Gives up what has no yes yet.</summary>
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
                [.. Enumerable.Range(0, _load.BatchEvents).Select(i => $"{_load.Prefix}-{client}-{batch}-{i}")];
            var random = new Random((client << 20) + batch);
            var body = string.Join('\n', ids.Select(id => Event(id, random)));
            while (!await IsAcceptedAsync(body))
            {
                await Task.Delay(Pause, _abandoned.Token);
            }
            _acknowledged.Add(ids);
            await Task.Delay(Pause);
        }
    }

    private async Task<bool> IsAcceptedAsync(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url + "/v1/events")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/x-ndjson"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Workspace.WriteKey);
        try
        {
            using var response = await _http.SendAsync(request, _abandoned.Token);
            var status = (int)response.StatusCode;
            if (status == 503 && response.Headers.RetryAfter?.Delta > TimeSpan.Zero)
            {
                Interlocked.Increment(ref _refusals);
            }
            else if (status != 200)
            {
                var text = await response.Content.ReadAsStringAsync(_abandoned.Token);
                _strange.AddOrUpdate($"{status} {text}", 1, (_, count) => count + 1);
            }
            return status == 200;
        }
        catch (HttpRequestException)
        {
            return false; // the server was killed: there is no answer
        }
    }

    /// <summary>Its text is random, so that neither log nor lake is small by compression alone.</summary>
    private string Event(string id, Random random)
    {
        var text = new byte[_load.TextBytes / 2];
        random.NextBytes(text);
        return $$"""{"event":"load","event_id":"{{id}}","properties":{"text":"{{Convert.ToHexString(text)}}"} }""";
    }
}

/// <summary>How <see cref="DoorClients"/> load.</summary>
internal sealed record DoorLoad(string Prefix)
{
    public int Clients { get; init; } = 4;

    public int BatchEvents { get; init; } = 10;

    /// <summary>Length of a text in each event.</summary>
    public int TextBytes { get; init; } = 64;
}
