using System.IO.Compression;
using System.Text;

namespace Millrace.Integration.Hostile;

/// <summary>Bodies that are small until they are read, deep, or full of what readers disagree about.</summary>
public class SizeTests
{
    private const int Mebi = 1 << 20;

    private static readonly string[] Numbers =
    [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "9007199254740993", "1.0", "-0",
        "-0.0e-0", "1e400", "-1E+400", "1e-400", "0.1000000000000000055511151231257827021181583404541015625",
        "123456789012345678901234567890123456789012345678901234567890",
    ];

    [Fact]
    public async Task Bombs_are_refused_and_take_no_memory()
    {
        await using var target = await Target.StartAsync();
        foreach (var encoding in (string[])["gzip", "br", "deflate"])
        {
            var bomb = Zeros(encoding, 256);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                for (var n = 0; n < 10; n++)
                {
                    (await target.SendAsync(bomb, encoding: encoding)).Status.ShouldBeOneOf(413, 503);
                    target.LookAtMemory();
                }
            }));
            // A bomb inside a bomb is one of them: encodings do not nest.
            (await target.SendAsync(bomb, encoding: $"{encoding}, {encoding}")).Status.ShouldBe(415);
        }
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Nesting_of_ten_thousand_levels_is_refused()
    {
        await using var target = await Target.StartAsync();
        foreach (var (open, close) in new[] { ("[", ""), ("{\"a\":", ""), ("[", "]"), ("{\"a\":", "}") })
        {
            foreach (var depth in (int[])[201, 10_000])
            {
                var answer = await target.SendAsync(Nested(open, close, depth));
                (answer.Status, answer.Code).ShouldBe((400, "json_too_deep"));
            }
        }
        (await target.SendAsync(Nested("[", "", 3_999_000))).Code.ShouldBe("json_too_deep");
        (await target.SendAsync(Nested("[", "]", 200))).Status.ShouldBe(200);
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Of_equal_names_the_last_wins_in_columns_and_in_the_stored_text()
    {
        await using var target = await Target.StartAsync();
        await target.SendAsync("""
            {"event":"first","event":"twice","user_id":"a","user\u005fid":"b",
             "properties":{"old":1},"properties":{"k":1,"\u006b":{"x":1,"x":2},"k2":0,"k":3}}
            """u8.ToArray());
        await target.SettledAsync();

        var row = (await target.Api.SqlAsync("""
            SELECT user_id, properties, properties->>'k' FROM events WHERE event = 'twice'
            """)).ShouldHaveSingleItem();
        row[0].GetString().ShouldBe("b");
        row[1].GetString().ShouldBe("""{"k2":0,"k":3}""");
        row[2].GetString().ShouldBe("3");
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Numbers_are_stored_as_they_were_written()
    {
        await using var target = await Target.StartAsync();
        foreach (var number in Numbers)
        {
            var answer = await target.SendAsync(Encoding.UTF8.GetBytes(
                $$$"""{"event":"{{{number}}}","properties":{"n":{{{number}}},"a":[{{{number}}}]}}"""));
            answer.Status.ShouldBe(200, number);
        }
        await target.SettledAsync();

        var rows = await target.Api.SqlAsync(
            "SELECT event, properties, json_valid(properties) FROM events WHERE event <> 'good'");
        rows.Count.ShouldBe(Numbers.Length);
        foreach (var row in rows)
        {
            var number = row[0].GetString();
            row[1].GetString().ShouldBe($$"""{"n":{{number}},"a":[{{number}}]}""");
            row[2].GetBoolean().ShouldBeTrue(number);
        }
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Strings_of_a_megabyte_are_kept_up_to_the_limit_of_an_event()
    {
        await using var target = await Target.StartAsync();
        var fits = new string('ä', 499_900);
        var escaped = string.Concat(Enumerable.Repeat("\\u00e4", 166_000));
        foreach (var (name, text) in new[] { ("fits", fits), ("escaped", escaped), ("large", new string('x', Mebi)) })
        {
            var body = $$"""{"event":"{{name}}","user_id":"{{text}}"}""";
            (await target.SendAsync(Encoding.UTF8.GetBytes(body))).Status.ShouldBe(200);
        }
        (await target.SendAsync(Encoding.UTF8.GetBytes($"[\"{new string('x', 4_000_000)}\"]"))).Status.ShouldBe(413);
        await target.SettledAsync();

        var rows = await target.Api.SqlAsync("SELECT event, user_id FROM events WHERE event <> 'good' ORDER BY event");
        rows.Select(row => row[0].GetString()).ShouldBe(["escaped", "fits"]);
        (rows[0][1].GetString() == new string('ä', 166_000)).ShouldBeTrue();
        (rows[1][1].GetString() == fits).ShouldBeTrue();
        var failed = await target.Api.SqlAsync("SELECT code, octet_length(payload) FROM failed_events");
        failed.ShouldHaveSingleItem()[0].GetString().ShouldBe("event_too_large");
        await target.ShouldHaveStoodAsync();
    }

    private static byte[] Nested(string open, string close, int depth) =>
    [
        .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, depth))), (byte)'1',
        .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(close, depth))),
    ];

    private static byte[] Zeros(string encoding, int mebibytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "br" => new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            var zeros = new byte[Mebi];
            for (var written = 0; written < mebibytes; written++)
            {
                stream.Write(zeros);
            }
        }
        return packed.ToArray();
    }
}
