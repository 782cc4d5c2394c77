using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;

namespace Millrace.Integration.Hostile;

/// <summary>Each attack at a steady rate beside a well-behaved client: the client is answered throughout. With
/// MILLRACE_TEST_ATTACK_SECONDS its latency is held against that of a quiet server, by a client in a process of its own
/// (bench/parts/hostile.sh).</summary>
public class AttackTests(ITestOutputHelper output)
{
    private const int Attackers = 4;
    private const int IdleConnections = 10_000;

    private static readonly TimeSpan AttackEvery = TimeSpan.FromMilliseconds(40);

    private static readonly Dictionary<string, (byte[] Body, string? Encoding)> Bodies = new()
    {
        ["brotli bomb"] = (Packed(stream => new BrotliStream(stream, CompressionLevel.Optimal, true)), "br"),
        ["gzip bomb"] = (Packed(stream => new GZipStream(stream, CompressionLevel.Optimal, true)), "gzip"),
        ["deep nesting"] = (Encoding.UTF8.GetBytes(new string('[', 10_000)), null),
        ["no UTF-8"] = ([.. "{\"event\":\""u8, .. Enumerable.Repeat((byte)0xC0, 1_000)], null),
        ["a string of 1 MB"] = (Encoding.UTF8.GetBytes($$"""{"event":"{{new string('x', 1 << 20)}}"}"""), null),
        ["a thousand failures"] =
            (Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat('1', 1_000))}]"), null),
        ["names that repeat"] = (Encoding.UTF8.GetBytes(
            $$$"""{"event":"n","properties":{{{{string.Join(',', Enumerable.Repeat("\"a\":1", 5_000))}}}}}"""), null),
    };

    private int _attacks;

    private static int? Seconds => Environment.GetEnvironmentVariable("MILLRACE_TEST_ATTACK_SECONDS") is { } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    [Fact]
    public async Task A_good_client_is_answered_beside_every_attack()
    {
        await using var target = await Target.StartAsync();
        var attacks = Bodies.ToDictionary(
            pair => pair.Key, pair => (Func<CancellationToken, Task>)(stop =>
                FloodAsync(target, pair.Value.Body, pair.Value.Encoding, stop)));
        attacks["garbage on new connections"] = stop => GarbageAsync(target, stop);
        if (Seconds is { } seconds)
        {
            await HoldAgainstQuietAsync(target, attacks, seconds);
            return;
        }
        foreach (var attack in attacks)
        {
            await BesideAsync(attack.Value, async () =>
            {
                await using var good = new GoodClient(target.Url, TimeSpan.FromMilliseconds(10));
                await good.GoOnAsync(20);
                await good.StopAsync();
                target.Count(good);
            });
            target.LookAtMemory();
        }
        await target.ShouldHaveStoodAsync();
    }

    /// <summary>A quiet stretch before each attack: this machine and its disk have slower and faster minutes.</summary>
    private async Task HoldAgainstQuietAsync(
        Target target, Dictionary<string, Func<CancellationToken, Task>> attacks, int seconds)
    {
        await target.Good.GoOnAsync(1);
        await target.Good.StopAsync();
        var client = new PacedClient(target, seconds);
        await client.RunAsync();
        var (quiet, beside) = (new List<double>(), new Dictionary<string, double>());
        foreach (var (name, attack) in attacks)
        {
            quiet.Add(Report($"quiet before {name}", await client.RunAsync()));
            _attacks = 0;
            await BesideAsync(attack, async () => beside[name] = Report(name, await client.RunAsync()));
            var perSecond = _attacks / (double)seconds;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {perSecond:F0} attacks a second"));
            perSecond.ShouldBeGreaterThan(0.9 * Attackers / AttackEvery.TotalSeconds);
            target.LookAtMemory();
        }
        var idle = await IdleAsync(target);
        beside["idle"] = Report($"{IdleConnections} idle connections", await client.RunAsync());
        target.LookAtMemory();
        idle.ForEach(connection => connection.Dispose());
        var bound = 2 * quiet.Order().ElementAt(quiet.Count / 2);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"RssAnon at most {target.LookAtMemory() >> 20} MiB; bound of p99 {bound:F1} ms"));
        await target.ShouldHaveStoodAsync();
        beside.Where(attack => attack.Value > bound).ShouldBeEmpty();
    }

    private double Report(string name, PacedAnswers answers)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: p50 {answers.P50:F1} ms, p99 {answers.P99:F1} ms, {answers.Requests} requests"));
        return answers.P99;
    }

    private static async Task BesideAsync(Func<CancellationToken, Task> attack, Func<Task> client)
    {
        using var stop = new CancellationTokenSource();
        var attacking = attack(stop.Token);
        await client();
        await stop.CancelAsync();
        await attacking;
    }

    private Task FloodAsync(Target target, byte[] body, string? encoding, CancellationToken stop) =>
        EachAsync(() => target.SendAsync(body, encoding: encoding), stop);

    private Task GarbageAsync(Target target, CancellationToken stop) => EachAsync(async () =>
    {
        using var connection = await RawConnection.OpenAsync(target.Port);
        await connection.SendAsync([.. RawConnection.Post("{}"u8)[..60], 0, 1, 2, .. "\r\n\r\n"u8]);
        target.Note(await connection.ReadAsync());
    }, stop);

    private static async Task<List<RawConnection>> IdleAsync(Target target)
    {
        var idle = new List<RawConnection>();
        while (idle.Count < IdleConnections)
        {
            var from = new IPAddress([127, 0, 2, (byte)(1 + idle.Count / 1_000)]);
            idle.Add(await RawConnection.OpenAsync(target.Port, from));
        }
        return idle;
    }

    private Task EachAsync(Func<Task> attackOnce, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Attackers).Select(async attacker =>
        {
            // One after the other: the rate is steady.
            await Task.Delay(AttackEvery / Attackers * attacker, CancellationToken.None);
            using var timer = new PeriodicTimer(AttackEvery);
            while (!stop.IsCancellationRequested)
            {
                await timer.WaitForNextTickAsync(CancellationToken.None);
                await attackOnce();
                Interlocked.Increment(ref _attacks);
            }
        }));

    /// <summary>64 MiB of zeros.</summary>
    private static byte[] Packed(Func<Stream, Stream> pack)
    {
        using var packed = new MemoryStream();
        using (var stream = pack(packed))
        {
            stream.Write(new byte[64 << 20]);
        }
        return packed.ToArray();
    }
}
