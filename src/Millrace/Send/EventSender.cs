using System.Text.Json;
using System.Threading.Channels;

namespace Millrace.Send;

/// <summary>How an <see cref="EventSender"/> works.</summary>
internal sealed record SenderOptions
{
    public required Uri Server { get; init; }

    /// <summary>Requests under way at a time.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Batches that may wait; then whoever hands in another one waits.</summary>
    public int BacklogBatchesMax { get; init; } = 64;

    /// <summary>How long one batch is tried.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Called for every batch (or single event of one) that was accepted; from any thread.</summary>
    public Action<Acknowledgement>? OnAccepted { get; init; }

    /// <summary>Called for every event that was refused; from any thread.</summary>
    public Action<RefusedEvent>? OnRefused { get; init; }
}

/// <summary>The server has these events.</summary>
/// <param name="Time">When the answer was here, by the sender's clock.</param>
internal sealed record Acknowledgement(OutgoingBatch Batch, int Accepted, string Receipt, DateTimeOffset Time);

/// <summary>The server will never take this event.</summary>
/// <param name="Batch">Of one event.</param>
internal sealed record RefusedEvent(OutgoingBatch Batch, string Reason);

/// <summary>Sends batches over several connections, each until it is accepted or refused for good.</summary>
/// <remarks>A batch that is refused as a whole is sent again line by line: one bad line never hides others.</remarks>
internal sealed class EventSender : IAsyncDisposable
{
    private readonly SenderOptions _options;
    private readonly RetryingPost _post;
    private readonly TimeProvider _clock;
    private readonly Uri _route;
    private readonly Channel<OutgoingBatch> _backlog;
    private readonly CancellationTokenSource _stop;
    private readonly Task[] _workers;
    private long _sent, _accepted, _refused;

    /// <param name="cancellationToken">Abandons what waits and what is under way.</param>
    public EventSender(SenderOptions options, HttpClient http, TimeProvider clock, CancellationToken cancellationToken)
    {
        _options = options;
        _clock = clock;
        _post = new RetryingPost(http, clock, options.GiveUpAfter);
        _route = new Uri(options.Server, "/v1/events");
        _backlog = Channel.CreateBounded<OutgoingBatch>(options.BacklogBatchesMax);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _workers =
            [.. Enumerable.Range(0, options.Connections).Select(_ => Task.Run(WorkAsync, CancellationToken.None))];
    }

    /// <summary>Events that were answered, either way.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>As the server's answers count them.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    public long Refused => Interlocked.Read(ref _refused);

    public long Retries => _post.Retries;

    /// <summary>A client that keeps its connections; the caller disposes it.</summary>
    public static HttpClient NewClient() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Hands in a batch; waits while the backlog is full.</summary>
    /// <exception cref="SendFailedException">An earlier batch could not be sent.</exception>
    public async ValueTask EnqueueAsync(OutgoingBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await _backlog.Writer.WriteAsync(batch, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            await Task.WhenAll(_workers); // throws what closed it
            throw;
        }
    }

    /// <summary>Waits until every batch is answered.</summary>
    /// <exception cref="SendFailedException">A batch could not be sent.</exception>
    public async Task CompleteAsync()
    {
        _backlog.Writer.TryComplete();
        await Task.WhenAll(_workers);
    }

    public async ValueTask DisposeAsync()
    {
        _backlog.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var batch in _backlog.Reader.ReadAllAsync(_stop.Token))
            {
                await SendAsync(batch);
            }
        }
        catch
        {
            // The first failure ends them all; it comes out where the caller waits.
            _backlog.Writer.TryComplete();
            await _stop.CancelAsync();
            throw;
        }
    }

    private async Task SendAsync(OutgoingBatch batch)
    {
        var post = new Post(_route, batch.Key, batch.Body, "application/x-ndjson");
        var reply = await _post.SendAsync(post, _stop.Token);
        if (reply.IsSuccess)
        {
            Accept(batch, reply);
            return;
        }
        if (reply.Status is not (400 or 413 or 422))
        {
            throw new SendFailedException(
                $"{_options.Server} refused the events: {reply.Detail} Check the address and the key.");
        }
        if (batch.Events == 1)
        {
            Refuse(batch, reply);
            return;
        }
        foreach (var single in batch.Singles())
        {
            await SendAsync(single);
        }
    }

    private void Accept(OutgoingBatch batch, Reply reply)
    {
        var accepted = reply.Member("accepted") is { ValueKind: JsonValueKind.Number } count
            ? count.GetInt32()
            : batch.Events;
        Interlocked.Add(ref _sent, batch.Events);
        Interlocked.Add(ref _accepted, accepted);
        _options.OnAccepted?.Invoke(new Acknowledgement(batch, accepted, reply.Receipt, _clock.GetUtcNow()));
    }

    private void Refuse(OutgoingBatch batch, Reply reply)
    {
        Interlocked.Increment(ref _sent);
        Interlocked.Increment(ref _refused);
        _options.OnRefused?.Invoke(new RefusedEvent(batch, reply.Detail));
    }
}
