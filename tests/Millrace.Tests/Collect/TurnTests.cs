using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Collect;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Collect;

/// <summary>Requests run on the thread that heard of their bytes, or of their durability: neither makes one wait for
/// another.</summary>
public class TurnTests
{
    private const string Request = $"POST /v1/events HTTP/1.1\r\nHost: a\r\nX-Write-Key: {TestCollector.WriteKey}\r\n"
        + "Content-Length: 3\r\n\r\n[1]";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_clients_sent_behind_their_requests_does_not_keep_others_from_their_answers()
    {
        var together = new Waiters();
        using var appended = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        var appends = 0;
        await using var collector = await StartAsync(() =>
        {
            if (Interlocked.Increment(ref appends) > 2)
            {
                goOn.Wait(Patience);
                return Done;
            }
            var told = together.Add(offset: 8).Told;
            appended.Release();
            return told;
        });
        using var first = await collector.ConnectAsync(Request + Request);
        await appended.WaitAsync(Patience);
        using var second = await collector.ConnectAsync(Request + Request);
        await appended.WaitAsync(Patience);

        together.Wake(
            AppendRefusal.None, appenders => ThreadPool.UnsafeQueueUserWorkItem(appenders, preferLocal: false));

        await ShouldBeAnsweredAsync([first, second], goOn);
    }

    [Fact]
    public async Task A_request_that_takes_long_on_the_thread_that_heard_of_it_does_not_keep_others_waiting()
    {
        using var appended = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        var appends = 0;
        await using var collector = await StartAsync(() =>
        {
            if (Interlocked.Increment(ref appends) == 1)
            {
                appended.Release();
                goOn.Wait(Patience);
            }
            return Done;
        });
        using var other = await collector.ConnectAsync("");
        using var slow = await collector.ConnectAsync(Request);
        await appended.WaitAsync(Patience);

        await other.SendAsync(Encoding.Latin1.GetBytes(Request));

        await ShouldBeAnsweredAsync([other], goOn);
    }

    private static ValueTask<AppendResult> Done => new(new AppendResult(8, AppendRefusal.None));

    /// <summary>A collector whose batches are appended so.</summary>
    private static Task<TestCollector> StartAsync(Func<ValueTask<AppendResult>> append) =>
        TestCollector.StartAsync(services: services => services.AddSingleton(new CollectLog(
            MemoryLog.Node, new byte[32], entry => entry.Stamp.IsEmpty ? append() : Done)));

    private static async Task ShouldBeAnsweredAsync(Socket[] sockets, ManualResetEventSlim goOn)
    {
        try
        {
            foreach (var socket in sockets)
            {
                (await TestCollector.ReadStatusAsync(socket).WaitAsync(Patience / 2)).ShouldBe("HTTP/1.1 200 OK");
            }
        }
        finally
        {
            goOn.Set();
        }
    }
}
