using System.Text;

namespace Millrace.Integration.Hostile;

/// <summary>Requests that are wrong on the wire. Each is refused, or its connection closed; none is stored, and none
/// makes another request of what follows it.</summary>
public class WireTests
{
    private const string Body = """{"event":"refused"}""";

    private static readonly string Length = $"Content-Length: {Body.Length}\r\n";

    private static readonly string Chunk = $"{Body.Length:x}\r\n{Body}\r\n";

    private static readonly (string Name, string Request)[] Malformed =
    [
        ("two lengths", Plain($"{Length}Content-Length: 2\r\n")),
        ("two lengths, the first too short", Plain($"Content-Length: 2\r\n{Length}")),
        ("two lengths in one", Plain($"Content-Length: {Body.Length}, 2\r\n")),
        ("a length below zero", Plain("Content-Length: -1\r\n")),
        ("a length in hexadecimal", Plain("Content-Length: 0x13\r\n")),
        ("a length beyond 64 bits", Plain("Content-Length: 99999999999999999999\r\n")),
        ("a length and chunks", Chunked($"{Length}Transfer-Encoding: chunked\r\n", Chunk + "0\r\n\r\n")),
        ("chunks and a length", Chunked($"Transfer-Encoding: chunked\r\n{Length}", Chunk + "0\r\n\r\n")),
        ("chunks twice", Chunked("Transfer-Encoding: chunked, chunked\r\n", Chunk + "0\r\n\r\n")),
        ("an encoding nobody knows", Chunked("Transfer-Encoding: xchunked\r\n", Chunk + "0\r\n\r\n")),
        ("chunks that are not last", Chunked("Transfer-Encoding: chunked, identity\r\n", Chunk + "0\r\n\r\n")),
        ("a chunk size that is no number", Chunks($"zz\r\n{Body}\r\n0\r\n\r\n")),
        ("a chunk size with 0x", Chunks($"0x13\r\n{Body}\r\n0\r\n\r\n")),
        ("a chunk size below zero", Chunks($"-13\r\n{Body}\r\n0\r\n\r\n")),
        ("a chunk size of 64 bits", Chunks($"ffffffffffffffff\r\n{Body}\r\n0\r\n\r\n")),
        ("a chunk size beyond 64 bits", Chunks($"1ffffffffffffffff13\r\n{Body}\r\n0\r\n\r\n")),
        ("a chunk that is longer than it says", Chunks($"2\r\n{Body}\r\n0\r\n\r\n")),
        ("a chunk without its end", Chunks($"13\r\n{Body}0\r\n\r\n")),
        ("bare line feeds", Plain(Length).Replace("\r\n", "\n", StringComparison.Ordinal)),
        ("one bare line feed", Plain($"X: a\n{Length}")),
        ("a folded header", Plain($"X: a\r\n b\r\n{Length}")),
        ("a space in a header's name", Plain($"X a: b\r\n{Length}")),
        ("a space before the colon", Plain($"X : b\r\n{Length}")),
        ("a header without a name", Plain($": b\r\n{Length}")),
        ("a NUL in a header", Plain($"X: a\0b\r\n{Length}")),
        ("two hosts", Plain($"Host: b\r\n{Length}")),
        ("no host", Plain(Length).Replace("Host: a\r\n", "", StringComparison.Ordinal)),
        ("HTTP/0.9", "POST /v1/events\r\n\r\n" + Body),
        ("HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/9.9", Plain(Length).Replace("HTTP/1.1", "HTTP/9.9", StringComparison.Ordinal)),
        ("a method in small letters with a space", Plain(Length).Replace("POST ", "po st ", StringComparison.Ordinal)),
        ("TLS", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + new string('\x55', 200)),
        ("65 headers", Plain(string.Concat(Enumerable.Range(0, 65).Select(n => $"X-{n}: a\r\n")) + Length)),
        ("a header of 40 KB", Plain($"X: {new string('a', 40_000)}\r\n{Length}")),
        ("a path of 70 KB", Plain(Length).Replace("/events", new string('/', 70_000), StringComparison.Ordinal)),
    ];

    [Fact]
    public async Task Malformed_requests_are_refused_and_nothing_of_them_is_kept()
    {
        await using var target = await Target.StartAsync();
        var answers = 0;
        foreach (var (name, request) in Malformed)
        {
            using var connection = await RawConnection.OpenAsync(target.Port);
            // What follows is a sound request: it must be read as one, or not at all.
            await connection.SendAsync(Encoding.Latin1.GetBytes(request));
            await connection.SendAsync(RawConnection.Post("""{"event":"smuggled"}"""u8));
            var answer = await connection.ReadAsync();
            target.Note(answer);
            answers += answer is null ? 0 : 1;
            // What is closed with bytes unread is reset, and the answer may be lost.
            (answer?.Status is null or (>= 400 and < 500) or 505).ShouldBeTrue($"{name}: {answer}");
            (await connection.ReadAsync()).ShouldBeNull(name);
        }
        answers.ShouldBeGreaterThan(Malformed.Length / 2);
        await target.SettledAsync();
        (await target.Api.NumberAsync("SELECT count(*) FROM events WHERE event <> 'good'")).ShouldBe(0);
        await target.ShouldHaveStoodAsync();
    }

    /// <summary>Kestrel reads them so, and nothing tells us that they came. Each has one meaning.</summary>
    [Theory]
    [InlineData("a length with a sign", "+")]
    [InlineData("line ends before the request", "")]
    public async Task Oddities_are_one_request_and_no_other(string name, string sign)
    {
        await using var target = await Target.StartAsync();
        using var connection = await RawConnection.OpenAsync(target.Port);
        var before = sign.Length > 0 ? "" : string.Concat(Enumerable.Repeat("\r\n", 5_000));
        var request = before + Plain($"Content-Length: {sign}{Body.Length}\r\n");

        await connection.SendAsync([.. Encoding.Latin1.GetBytes(request), .. RawConnection.Post("behind"u8)]);

        foreach (var status in (int[])[200, 400])
        {
            var answer = await connection.ReadAsync();
            target.Note(answer);
            answer!.Status.ShouldBe(status, name);
        }
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task A_body_that_holds_a_request_is_a_body()
    {
        await using var target = await Target.StartAsync();
        using var connection = await RawConnection.OpenAsync(target.Port);
        var inner = RawConnection.Post("""{"event":"smuggled"}"""u8);

        await connection.SendAsync([.. RawConnection.Post(inner), .. RawConnection.PostChunks(inner, inner)]);
        await connection.SendAsync(RawConnection.Post("""{"event":"behind"}"""u8));

        foreach (var status in (int[])[400, 400, 200])
        {
            var answer = await connection.ReadAsync();
            target.Note(answer);
            answer!.Status.ShouldBe(status);
        }
        await target.SettledAsync();
        (await target.Api.SqlAsync("SELECT event FROM events WHERE event <> 'good'"))
            .ShouldHaveSingleItem()[0].GetString().ShouldBe("behind");
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Garbage_behind_a_sound_request_does_not_harm_it()
    {
        await using var target = await Target.StartAsync();
        var random = new Random(1);
        for (var n = 0; n < 100; n++)
        {
            using var connection = await RawConnection.OpenAsync(target.Port);
            var garbage = new byte[random.Next(1, 2_000)];
            random.NextBytes(garbage);
            // An empty line may precede a request; anything else is no beginning of one.
            garbage[0] = (byte)'\x01';
            var sound = Encoding.UTF8.GetBytes($$"""{"event":"sound","event_id":"{{n}}"}""");
            await connection.SendAsync([.. RawConnection.Post(sound), .. garbage]);
            var answer = await connection.ReadAsync();
            target.Note(answer);
            answer!.Status.ShouldBe(200);
            connection.CloseSending();
            target.Note(await connection.ReadAsync());
        }
        await target.SettledAsync();
        (await target.Api.NumberAsync("SELECT count(*) FROM events WHERE event = 'sound'")).ShouldBe(100);
        await target.ShouldHaveStoodAsync();
    }

    /// <summary>Kestrel takes the end of what a client sends for the end of the connection, so the answer may be
    /// lost; half a request is never a whole one.</summary>
    [Fact]
    public async Task Of_a_client_that_stops_sending_only_a_whole_request_is_kept()
    {
        await using var target = await Target.StartAsync();
        var whole = RawConnection.Post("""{"event":"whole"}"""u8);
        for (var length = 1; length <= whole.Length; length += length < whole.Length - 20 ? 7 : 1)
        {
            using var connection = await RawConnection.OpenAsync(target.Port);
            await connection.SendAsync(whole[..length]);
            connection.CloseSending();
            var answer = await connection.ReadAsync();
            target.Note(answer);
            (answer is null || answer.Status >= 400 || length == whole.Length).ShouldBeTrue($"{length}: {answer}");
        }
        target.Unanswered = 1 - target.Accepted;
        await target.SettledAsync();
        var kept = await target.Api.NumberAsync("SELECT count(*) FROM events WHERE event = 'whole'");
        kept.ShouldBeInRange(target.Accepted, 1);
        await target.ShouldHaveStoodAsync();
    }

    private static string Plain(string headers) => RawConnection.Head() + headers + "\r\n" + Body;

    private static string Chunked(string headers, string chunks) => RawConnection.Head() + headers + "\r\n" + chunks;

    private static string Chunks(string chunks) => Chunked("Transfer-Encoding: chunked\r\n", chunks);
}
