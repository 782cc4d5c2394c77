using System.Text;
using Millrace.Send;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Send;

public sealed class EventSenderTests : IAsyncLifetime
{
    private readonly ImpatientClock _clock = new();
    private readonly HttpClient _http = EventSender.NewClient();
    private EventServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await EventServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Accepted_batches_come_back_with_their_receipt()
    {
        var acknowledged = new List<Acknowledgement>();
        await using var sender = Sender(
            new() { Server = _server.Address, Connections = 1, OnAccepted = acknowledged.Add });

        await sender.EnqueueAsync(Batch("{\"a\":1}", "{\"a\":2}"), CancellationToken.None);
        await sender.CompleteAsync();

        sender.Accepted.ShouldBe(2);
        acknowledged.Single().Receipt.ShouldBe("node-1");
        _server.Stored.Select(stored => stored.Line).ShouldBe(["{\"a\":1}", "{\"a\":2}"]);
    }

    [Fact]
    public async Task The_same_bytes_go_again_until_they_are_accepted()
    {
        _server.Mishap = arrival => arrival.Number switch
        {
            1 => new Mishap(503, RetryAfterSeconds: 7),
            2 => new Mishap(500, StoresFirst: true),
            3 => new Mishap(429),
            _ => null,
        };
        await using var sender = Sender(new() { Server = _server.Address });

        await sender.EnqueueAsync(Batch("{\"event_id\":\"x\"}"), CancellationToken.None);
        await sender.CompleteAsync();

        (sender.Accepted, sender.Retries).ShouldBe((1, 3));
        _server.Arrivals.Select(arrival => Encoding.UTF8.GetString(arrival.Body)).Distinct().Count().ShouldBe(1);
        _clock.Waits[0].ShouldBe(TimeSpan.FromSeconds(7));
        _clock.Waits[2].ShouldBeGreaterThan(_clock.Waits[1]);
    }

    [Fact]
    public async Task A_refused_batch_goes_line_by_line_and_only_the_bad_line_stays_out()
    {
        var refused = new List<RefusedEvent>();
        _server.Mishap = arrival => arrival.Lines.Contains("{bad") ? new Mishap(400, Detail: "Not JSON.") : null;
        await using var sender = Sender(new() { Server = _server.Address, OnRefused = refused.Add });

        await sender.EnqueueAsync(Batch("{\"a\":1}", "{bad", "{\"a\":3}"), CancellationToken.None);
        await sender.CompleteAsync();

        (sender.Sent, sender.Accepted, sender.Refused).ShouldBe((3, 2, 1));
        refused.Single().Batch.Lines.ShouldBe([2]);
        refused.Single().Reason.ShouldBe("Not JSON.");
        _server.Stored.Select(stored => stored.Line).ShouldBe(["{\"a\":1}", "{\"a\":3}"]);
    }

    [Fact]
    public async Task It_gives_up_in_the_end_and_says_so_to_whoever_hands_in_more()
    {
        _server.Mishap = _ => new Mishap(503);
        await using var sender = Sender(new() { Server = _server.Address, Connections = 1, BacklogBatchesMax = 1 });

        var failure = await Should.ThrowAsync<SendFailedException>(async () =>
        {
            while (true)
            {
                await sender.EnqueueAsync(Batch("{}"), CancellationToken.None);
            }
        });
        failure.Message.ShouldContain("503");
        _clock.GetElapsedTime(0).ShouldBeLessThan(TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task It_gives_up_sooner_where_nothing_ever_answered()
    {
        await using var sender = Sender(new() { Server = new Uri("http://127.0.0.1:1") });

        await sender.EnqueueAsync(Batch("{}"), CancellationToken.None);

        await Should.ThrowAsync<SendFailedException>(sender.CompleteAsync());
        _clock.GetElapsedTime(0).ShouldBeLessThan(TimeSpan.FromSeconds(16));
    }

    [Fact]
    public async Task An_unknown_key_ends_it_at_once()
    {
        _server.Mishap = _ => new Mishap(401, Detail: "The write key is not known.");
        await using var sender = Sender(new() { Server = _server.Address });

        await sender.EnqueueAsync(Batch("{}"), CancellationToken.None);

        (await Should.ThrowAsync<SendFailedException>(sender.CompleteAsync())).Message.ShouldContain("not known");
        _server.Arrivals.Count.ShouldBe(1);
    }

    private EventSender Sender(SenderOptions options) => new(options, _http, _clock, CancellationToken.None);

    private static OutgoingBatch Batch(params string[] lines) => new(
        "key", Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))),
        [.. Enumerable.Range(1, lines.Length).Select(number => (long)number)]);
}
