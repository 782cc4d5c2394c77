using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Millrace.Integration.Hostile;

/// <summary>Bodies that are small until they are read, deep, or full of what readers disagree about.</summary>
public class SizeTests
{
    private const int Mebi = 1 << 20;

    [Theory]
    [InlineData("gzip", 512)]
    [InlineData("br", 512)]
    [InlineData("deflate", 512)]
    public async Task Bombs_are_refused_and_take_no_memory(string encoding, int mebibytes)
    {
        await using var target = await Target.StartAsync();
        var bomb = Zeros(encoding, mebibytes);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var n = 0; n < 10; n++)
            {
                var answer = await target.SendAsync(bomb, encoding: encoding);
                answer.Status.ShouldBeOneOf(413, 503);
                target.LookAtMemory();
            }
        }));
        // A bomb inside a bomb is one of them: encodings do not nest.
        (await target.SendAsync(bomb, encoding: $"{encoding}, {encoding}")).Status.ShouldBe(415);
        await target.ShouldHaveStoodAsync();
    }

    [Theory]
    [InlineData("[", "")]
    [InlineData("{\"a\":", "")]
    [InlineData("[", "]")]
    [InlineData("{\"event\":\"deep\",\"properties\":{\"a\":", "}}")]
    public async Task Nesting_of_ten_thousand_levels_is_refused(string open, string close)
    {
        await using var target = await Target.StartAsync();
        foreach (var depth in (int[])[201, 10_000])
        {
            var body = new StringBuilder().Insert(0, open, depth).Append('1').Insert(0, "", 1);
            body.Append(new StringBuilder().Insert(0, close, depth));
            var answer = await target.SendAsync(Encoding.UTF8.GetBytes(body.ToString()));
            (answer.Status, answer.Code).ShouldBe((400, "json_too_deep"));
        }
        (await target.SendAsync(Encoding.UTF8.GetBytes(new string('[', 4_000_000)))).Status.ShouldBe(400);
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

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("18446744073709551616")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("9007199254740993")]
    [InlineData("0.1000000000000000055511151231257827021181583404541015625")]
    [InlineData("1e400")]
    [InlineData("-1E+400")]
    [InlineData("1e-400")]
    [InlineData("1.0")]
    [InlineData("-0")]
    [InlineData("-0.0e-0")]
    public async Task Numbers_are_stored_as_they_were_written(string number)
    {
        await using var target = await Target.StartAsync();
        var sent = $$"""{"n":{{number}},"a":[{{number}}]}""";
        await target.SendAsync(Encoding.UTF8.GetBytes($$"""{"event":"number","properties":{{sent}}}"""));
        await target.SettledAsync();

        var row = (await target.Api.SqlAsync("SELECT properties, json_valid(properties) FROM events "
            + "WHERE event = 'number'")).ShouldHaveSingleItem();
        row[0].GetString().ShouldBe(sent);
        row[1].GetBoolean().ShouldBeTrue();
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

        var rows = await target.Api.SqlAsync("""
            SELECT event, strlen(user_id), user_id = repeat('ä', length(user_id)) FROM events
            WHERE event <> 'good' ORDER BY event
            """);
        rows.Select(row => (row[0].GetString(), row[1].AsLong(), row[2].GetBoolean()))
            .ShouldBe([("escaped", 332_000, true), ("fits", 999_800, true)]);
        var failed = await target.Api.SqlAsync("SELECT code, octet_length(payload) FROM failed_events");
        failed.ShouldHaveSingleItem()[0].GetString().ShouldBe("event_too_large");
        await target.ShouldHaveStoodAsync();
    }

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
