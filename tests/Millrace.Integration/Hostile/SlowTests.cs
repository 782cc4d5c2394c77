using System.Net;
using System.Text;

namespace Millrace.Integration.Hostile;

/// <summary>Clients that come and do nothing, or nearly nothing: they are bounded, and others are served.</summary>
public class SlowTests
{
    private const int Slow = 100;
    private const int Idle = 10_000;
    private const int IdlePerAddress = 1_000;

    private static readonly TimeSpan Drip = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Slow_headers_and_slow_bodies_are_ended()
    {
        await using var target = await Target.StartAsync();
        var headers = Encoding.Latin1.GetBytes(RawConnection.Head());
        var body = Encoding.Latin1.GetBytes(RawConnection.Head() + "Content-Length: 100000\r\n\r\n");
        var chunks = Encoding.Latin1.GetBytes(RawConnection.Head() + "Transfer-Encoding: chunked\r\n\r\n");
        byte[] chunk = [.. "80\r\n"u8, .. new string(' ', 0x80).Select(letter => (byte)letter), .. "\r\n"u8];

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Slow).SelectMany(n => new[]
        {
            DripAsync(target, headers, "X-Slow: a\r\n"u8.ToArray()),
            DripAsync(target, body, new string(' ', 200).Select(letter => (byte)letter).ToArray()),
            DripAsync(target, chunks, chunk),
        }));

        outcomes.ShouldAllBe(status => status == 408 || status == 0);
        target.Accepted.ShouldBe(0);
        await target.Good.GoOnAsync(5);
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Ten_thousand_idle_connections_keep_nobody_out()
    {
        Assert.SkipWhen(OpenFilesMax() < Idle + 2_000,
            $"A process may open {OpenFilesMax()} files here; {Idle} connections need more (ulimit -Hn).");
        await using var target = await Target.StartAsync();
        var before = target.LookAtMemory();
        var idle = new List<RawConnection>();
        try
        {
            // More than there may be, from as many addresses as it takes.
            for (var n = 0; n < Idle + IdlePerAddress; n++)
            {
                var from = new IPAddress([127, 0, 1, (byte)(1 + n / IdlePerAddress)]);
                idle.Add(await RawConnection.OpenAsync(target.Port, from));
            }
            for (var n = 0; n < 20; n++)
            {
                using var newcomer = await RawConnection.OpenAsync(target.Port);
                await newcomer.SendAsync(RawConnection.Post("""{"event":"newcomer"}"""u8));
                var answer = await newcomer.ReadAsync();
                target.Note(answer);
                answer.ShouldNotBeNull().Status.ShouldBe(200);
            }
            await target.Good.GoOnAsync(20);
            (target.LookAtMemory() - before).ShouldBeLessThan(400L << 20);
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }
        await target.ShouldHaveStoodAsync();
    }

    /// <summary>A piece a second, until the server has enough; its status, 0 if it just closed.</summary>
    private static async Task<int> DripAsync(Target target, byte[] begin, byte[] piece)
    {
        using var connection = await RawConnection.OpenAsync(target.Port);
        await connection.SendAsync(begin);
        var answer = connection.ReadAsync();
        while (await Task.WhenAny(answer, Task.Delay(Drip)) != answer && await connection.SendAsync(piece))
        {
        }
        target.Note(await answer);
        return (await answer)?.Status ?? 0;
    }

    private static long OpenFilesMax()
    {
        var line = File.ReadLines("/proc/self/limits")
            .First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return hard == "unlimited" ? long.MaxValue : long.Parse(hard);
    }
}
