using System.Net.Http.Headers;
using System.Text.Json;

namespace Millrace.Send;

/// <summary>A request of this client.</summary>
/// <param name="Key">Goes as a bearer token.</param>
internal sealed record Post(Uri To, string Key, ReadOnlyMemory<byte> Body, string ContentType);

/// <summary>The answer that ended a post, good or bad.</summary>
internal sealed record Reply(int Status, string Body)
{
    /// <summary>The header <c>Millrace-Receipt</c>; empty if the answer has none.</summary>
    public string Receipt { get; init; } = "";

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>What the server said about it: the detail of a problem, else the status alone.</summary>
    public string Detail => Member("detail") is { ValueKind: JsonValueKind.String } detail
        ? detail.GetString()!
        : $"HTTP status {Status}";

    /// <summary>A member of the JSON object in the body; null if it is none or lacks it.</summary>
    public JsonElement? Member(string name)
    {
        try
        {
            using var json = JsonDocument.Parse(Body);
            var root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value)
                ? value.Clone()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Posts until there is an answer that repeating would not change, or until it has waited too long.</summary>
/// <remarks>Repeats the same bytes, so ids stay the same and a server that had stored them drops the second
/// copy.</remarks>
internal sealed class RetryingPost(HttpClient http, TimeProvider clock, TimeSpan giveUpAfter)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    /// <summary>Where nothing ever answered, the address is more likely wrong than the server busy.</summary>
    private static readonly TimeSpan FirstAnswerWithin = TimeSpan.FromSeconds(15);

    private long _retries;
    private volatile bool _hasAnswered;

    /// <summary>Attempts beyond the first, of all posts. Thread safe.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <exception cref="SendFailedException">No final answer within the time.</exception>
    public async Task<Reply> SendAsync(Post post, CancellationToken cancellationToken)
    {
        var begin = clock.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            var (reply, wanted, trouble) = await TryOnceAsync(post, cancellationToken);
            if (reply is not null)
            {
                return reply;
            }
            var wait = wanted ?? pause;
            var limit = _hasAnswered || giveUpAfter < FirstAnswerWithin ? giveUpAfter : FirstAnswerWithin;
            if (clock.GetElapsedTime(begin) + wait > limit)
            {
                throw new SendFailedException(
                    $"{post.To} did not take the request for {limit.TotalSeconds:0} s ({trouble}); " +
                    "check that the server runs there ('millrace up') and run this again.");
            }
            Interlocked.Increment(ref _retries);
            await Task.Delay(wait, clock, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, PauseMax.Ticks));
        }
    }

    /// <returns>A final reply, or how long the server wants to be left alone, and why there is no reply.</returns>
    private async Task<(Reply? Reply, TimeSpan? Wanted, string Trouble)> TryOnceAsync(
        Post post, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, post.To);
            request.Content = new ReadOnlyMemoryContent(post.Body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(post.ContentType);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", post.Key);
            using var response = await http.SendAsync(request, cancellationToken);
            _hasAnswered = true;
            var status = (int)response.StatusCode;
            if (status is 408 or 429 or >= 500)
            {
                return (null, Wait(response.Headers.RetryAfter), $"HTTP status {status}");
            }
            var receipt = response.Headers.TryGetValues("Millrace-Receipt", out var values) ? values.First() : "";
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            return (new Reply(status, body) { Receipt = receipt }, null, "");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return (null, null, error.InnerException?.Message ?? error.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, null, "no answer in time");
        }
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? asked)
    {
        var wait = asked?.Delta ?? (asked?.Date - clock.GetUtcNow());
        return wait is { } span && span > FirstPause ? span : null;
    }
}
