using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Millrace.Send;

namespace Millrace.Cli;

/// <summary>Figures of a running demo, seen from outside: by SQL and by the ledger, like anybody else.</summary>
/// <remarks>
/// Freshness of a batch: from its answer until a query has returned a row of its record or of a later one. The log is
/// refined in order, so a later row proves that all before it are there too.
/// </remarks>
internal sealed class DemoFigures(Uri server, string adminKey, HttpClient http, TimeProvider clock) : IDisposable
{
    private const int AgeMillisecondsMax = 60_000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<(long Offset, long Since, int Events)> _waiting = new();
    private readonly DateTimeOffset _begin = clock.GetUtcNow();

    // Events by the milliseconds they took, the last place holding all that took longer.
    private readonly long[] _eventsByAge = new long[AgeMillisecondsMax + 1];
    private long _accepted;

    public TimeSpan FreshnessP99
    {
        get
        {
            var rank = 0.99 * _eventsByAge.Sum();
            long before = 0;
            var milliseconds = Array.FindIndex(_eventsByAge, events => (before += events) >= rank);
            return TimeSpan.FromMilliseconds(milliseconds);
        }
    }

    public void Accepted(Acknowledgement acknowledged)
    {
        Interlocked.Add(ref _accepted, acknowledged.Accepted);
        var offset = acknowledged.Receipt[(acknowledged.Receipt.IndexOf('-') + 1)..];
        _waiting.Enqueue((
            long.Parse(offset, CultureInfo.InvariantCulture), clock.GetTimestamp(), acknowledged.Accepted));
    }

    /// <summary>Measures until it is cancelled, and gives a line of figures every second.</summary>
    public async Task WatchAsync(Action<string> show, CancellationToken stop)
    {
        var (shown, shownAccepted) = (clock.GetTimestamp(), 0L);
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (!stop.IsCancellationRequested)
        {
            await MeasureAsync();
            var elapsed = clock.GetElapsedTime(shown);
            if (elapsed >= ShowEvery)
            {
                var accepted = Interlocked.Read(ref _accepted);
                show(Line((accepted - shownAccepted) / elapsed.TotalSeconds, await LedgerAsync()));
                (shown, shownAccepted) = (clock.GetTimestamp(), accepted);
            }
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Waits until the ledger holds so many events and nothing is pending, or for a while.</summary>
    public async Task<LedgerTotal> SettleAsync(long accepted, TimeSpan atMost)
    {
        var begin = clock.GetTimestamp();
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (true)
        {
            var ledger = await LedgerAsync();
            if ((ledger.Pending == 0 && ledger.Received >= accepted) || clock.GetElapsedTime(begin) > atMost)
            {
                return ledger;
            }
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public void Dispose() => _waiting.Clear();

    private string Line(double rate, LedgerTotal ledger) => string.Create(CultureInfo.InvariantCulture,
        $"{rate,7:n0}/s · fresh in {FreshnessP99.TotalMilliseconds:n0} ms (p99) · received {ledger.Received:n0} = "
        + $"{ledger.Stored:n0} stored + {ledger.Failed:n0} failed + {ledger.Duplicate:n0} duplicate + "
        + $"{ledger.Pending:n0} pending · residue {ledger.Residue}");

    private async Task MeasureAsync()
    {
        if (_waiting.IsEmpty)
        {
            return;
        }
        var answer = await PostAsync(
            "SELECT max(log_offset) FROM events WHERE event_time > now() - INTERVAL 1 HOUR");
        var visible = answer.GetProperty("rows")[0][0];
        if (visible.ValueKind != JsonValueKind.Number)
        {
            return;
        }
        while (_waiting.TryPeek(out var batch) && batch.Offset <= visible.GetInt64())
        {
            _waiting.TryDequeue(out _);
            var milliseconds = (int)clock.GetElapsedTime(batch.Since).TotalMilliseconds;
            _eventsByAge[Math.Min(milliseconds, AgeMillisecondsMax)] += batch.Events;
        }
    }

    private async Task<LedgerTotal> LedgerAsync()
    {
        var from = _begin.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:00Z", CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, $"/api/ledger?from={from}"));
        var total = (await SendAsync(request)).GetProperty("total");
        return new LedgerTotal(
            total.GetProperty("received").GetInt64(), total.GetProperty("stored").GetInt64(),
            Sum(total.GetProperty("failed")), total.GetProperty("duplicate").GetInt64())
        {
            Dropped = Sum(total.GetProperty("dropped")),
            Pending = total.GetProperty("pending").GetInt64(),
            Residue = total.GetProperty("residue").GetInt64(),
        };
    }

    private Task<JsonElement> PostAsync(string sql)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/api/sql"))
        {
            Content = JsonContent.Create(new { sql }),
        };
        return SendAsync(request);
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
        using var response = await http.SendAsync(request, CancellationToken.None);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None)).Clone();
    }

    private static long Sum(JsonElement byReason) => byReason.EnumerateObject().Sum(reason => reason.Value.GetInt64());
}
