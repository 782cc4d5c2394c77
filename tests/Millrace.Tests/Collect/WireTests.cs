using System.Net.Sockets;
using System.Text;
using Millrace.Collect;
using Millrace.Events;
using Millrace.Tests.Lake;

namespace Millrace.Tests.Collect;

/// <summary>Requests that are wrong on the wire: each gets a 4xx or a closed connection, never a 5xx, and stores
/// nothing.</summary>
public class WireTests
{
    private const string Head = $"POST /v1/events HTTP/1.1\r\nHost: a\r\nX-Write-Key: {TestCollector.WriteKey}\r\n";

    public static TheoryData<string, string> Malformed => new()
    {
        { Head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", "400" },
        { Head + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n[]\r\n0\r\n\r\n", "400" },
        { Head.Replace("\r\n", "\n") + "Content-Length: 2\n\n[]", "400" },
        { Head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]", "400" },
        { Head + "Content-Length: -1\r\n\r\n[]", "400" },
        { Head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n", "400" },
        { Head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n[]\r\n0\r\n\r\n", "400" },
        { Head + "Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", "400" },
        { Head + "X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n[]", "400" },
        { Head + "X Space: a\r\nContent-Length: 2\r\n\r\n[]", "400" },
        { Head.Replace("Host: a\r\n", "") + "Content-Length: 2\r\n\r\n[]", "400" },
        { Head + string.Concat(Enumerable.Range(0, 65).Select(n => $"X-{n}: a\r\n")) + "\r\n", "431" },
        { Head + $"X-Long: {new string('a', 40_000)}\r\n\r\n", "431" },
        { $"GET /{new string('a', 70_000)} HTTP/1.1\r\nHost: a\r\n\r\n", "414" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public async Task Refuses_a_malformed_request(string request, string status)
    {
        await using var collector = await TestCollector.StartAsync();

        (await collector.AnswerToAsync(request)).ShouldStartWith("HTTP/1.1 " + status);

        collector.Log.Records.ShouldNotContain(record => record.Kind == EnvelopeKind.Batch);
    }

    [Fact]
    public async Task Takes_a_request_line_of_60_kilobytes()
    {
        await using var collector = await TestCollector.StartAsync();

        var status = await collector.AnswerToAsync(
            Head.Replace("/v1/events", "/v1/events?e=" + new string('a', 60_000)) + "Content-Length: 2\r\n\r\n[]");

        status.ShouldBe("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task Counts_a_client_that_leaves_in_the_middle_of_its_body_and_stores_nothing()
    {
        await using var collector = await TestCollector.StartAsync();
        using (var socket = await collector.ConnectAsync(Head + "Content-Length: 100\r\n\r\n[1,"))
        {
            socket.LingerState = new LingerOption(true, 0);
            while (collector.Get<BodyBudget>().Reserved == 0)
            {
                await Task.Yield();
            }
        }

        await collector.StopAsync();

        var refusals = collector.Log.Records.Single(record => record.Kind == EnvelopeKind.Refusals);
        refusals.BodyText.ShouldContain("client_gone");
        collector.Log.Records.ShouldNotContain(record => record.Kind == EnvelopeKind.Batch);
        await Until.TrueAsync(() => collector.Get<BodyBudget>().Reserved == 0);
    }

    [Fact]
    public async Task Never_tells_a_client_that_stopped_sending_in_its_body_that_all_is_well()
    {
        await using var collector = await TestCollector.StartAsync();
        for (var n = 0; n < 20; n++)
        {
            using var socket = await collector.ConnectAsync(Head + "Content-Length: 100\r\n\r\n[1,");
            socket.Shutdown(SocketShutdown.Send);

            (await OrClosed(() => TestCollector.ReadStatusAsync(socket))).ShouldNotContain("200");
        }
    }

    [Fact]
    public async Task Sets_little_memory_aside_for_a_body_that_was_only_announced()
    {
        await using var collector = await TestCollector.StartAsync();
        var budget = collector.Get<BodyBudget>();
        using var socket = await collector.ConnectAsync(Head + "Content-Length: 4000000\r\n\r\n[");
        while (budget.Reserved == 0)
        {
            await Task.Yield();
        }

        budget.Reserved.ShouldBe(64 << 10);
    }

    [Fact]
    public async Task Stops_waiting_for_a_body_at_the_deadline()
    {
        await using var collector = await TestCollector.StartAsync();
        var budget = collector.Get<BodyBudget>();
        using var socket = await collector.ConnectAsync(Head + "Content-Length: 100\r\n\r\n[1,");
        // Advancing again and again: only once the request waits does its deadline exist.
        var status = TestCollector.ReadStatusAsync(socket);
        while (!status.IsCompleted)
        {
            collector.Time.Advance(TimeSpan.FromSeconds(31));
            await Task.Yield();
        }

        (await status).ShouldStartWith("HTTP/1.1 408");
        await Until.TrueAsync(() => budget.Reserved == 0);
    }

    [Fact]
    public async Task Closes_connections_beyond_those_one_address_may_have()
    {
        await using var collector = await TestCollector.StartAsync(new CollectOptions { ConnectionsPerAddressMax = 2 });
        using var first = await collector.ConnectAsync(Head);
        using var second = await collector.ConnectAsync(Head);

        var third = await Outcome(collector);
        first.Close();
        var later = "closed";
        await Until.TrueAsync(async () => (later = await Outcome(collector)) != "closed");

        third.ShouldBe("closed");
        later.ShouldBe("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task Counts_the_places_of_many_small_events_as_memory_of_their_body()
    {
        await using var collector = await TestCollector.StartAsync(
            new CollectOptions { BodyBytesInFlightMax = 128 << 10 });

        using var answer = await collector.SendAsync($"[{string.Join(',', Enumerable.Repeat('1', 20_000))}]");

        ((int)answer.StatusCode).ShouldBe(503);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("bodies_in_flight");
        await Until.TrueAsync(() => collector.Get<BodyBudget>().Reserved == 0);
    }

    [Fact]
    public async Task Closes_the_connections_that_idle_longest_to_let_others_in()
    {
        await using var collector = await TestCollector.StartAsync(
            new CollectOptions { BodyRateGrace = TimeSpan.FromMinutes(1) },
            settings: """{"collect":{"connections_max":16}}""");
        using var busy = await collector.ConnectAsync(Head + "Content-Length: 2\r\n\r\n[");
        await Until.TrueAsync(() => collector.Get<BodyBudget>().Reserved > 0);
        var idle = new List<Socket>();
        for (var n = 0; n < 40; n++)
        {
            idle.Add(await collector.ConnectAsync(""));
            collector.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // Room is made while others come; whoever is turned away in between comes again.
        var outcome = "closed";
        await Until.TrueAsync(async () => (outcome = await Outcome(collector)) != "closed");

        outcome.ShouldBe("HTTP/1.1 200 OK");
        await busy.SendAsync("]"u8.ToArray());
        (await TestCollector.ReadStatusAsync(busy)).ShouldBe("HTTP/1.1 200 OK");
        (await OrClosed(() => TestCollector.ReadStatusAsync(idle[0]))).ShouldBe("closed");
        idle.ForEach(socket => socket.Dispose());
    }

    private static Task<string> Outcome(TestCollector collector) =>
        OrClosed(() => collector.AnswerToAsync(Head + "Content-Length: 2\r\n\r\n[]"));

    private static async Task<string> OrClosed(Func<Task<string>> readStatus)
    {
        try
        {
            return await readStatus();
        }
        catch (Exception reset) when (reset is IOException or SocketException)
        {
            return "closed";
        }
    }
}
