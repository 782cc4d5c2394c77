using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Fuzz.Targets;

namespace Millrace.Integration.Hostile;

/// <summary>JSON that breaks parsers, sent to the real program: what is accepted comes out of SQL as it went in, what
/// is refused has a code.</summary>
public class JsonTests
{
    private static readonly string[] Codes = ["invalid_utf8", "invalid_json", "json_too_deep"];

    [Fact]
    public async Task The_parsing_corpus_in_properties_comes_back_as_it_was_sent()
    {
        await using var target = await Target.StartAsync();
        var accepted = new Dictionary<string, byte[]>();
        foreach (var (name, bytes) in JsonCorpus.Files("y_").Concat(JsonCorpus.Files("i_")))
        {
            // A file may begin with a byte order mark; inside a body that is no JSON.
            var answer = await target.SendAsync(Event(name, bytes));
            if (answer.Status == 200)
            {
                accepted.Add(name, bytes);
                continue;
            }
            (answer.Status, name[0]).ShouldBe((400, 'i'), name);
            Codes.ShouldContain(answer.Code, name);
        }
        await target.SettledAsync();

        var rows = await target.Api.SqlAsync(
            "SELECT event, properties, json_valid(properties) FROM events WHERE event LIKE '%.json'");
        rows.Select(row => row[0].GetString()).ShouldBe(accepted.Keys, ignoreOrder: true);
        foreach (var row in rows)
        {
            var name = row[0].GetString()!;
            byte[] sent = [.. "{\"value\":"u8, .. accepted[name], .. "}"u8];
            var stored = Encoding.UTF8.GetBytes(row[1].GetString()!);
            Json.Parse(stored).ToString().ShouldBe(Json.Parse(sent).ToString(), name);
            row[2].GetBoolean().ShouldBeTrue(name);
        }
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task The_parsing_corpus_as_bodies_is_refused_or_every_value_of_it_is_kept()
    {
        await using var target = await Target.StartAsync();
        var kept = new List<string>();
        foreach (var (name, bytes) in JsonCorpus.Files("y_").Concat(JsonCorpus.Files("i_")))
        {
            var answer = await target.SendAsync(bytes);
            (answer.Status == 200 || name[0] == 'i').ShouldBeTrue($"{name}: {answer}");
            if (answer.Status == 200)
            {
                kept.AddRange(Events(bytes));
            }
        }
        foreach (var (name, bytes) in JsonCorpus.Files("n_"))
        {
            await ShouldRefuseAsync(target, bytes, name);
            await ShouldRefuseAsync(target, Event(name, bytes), name);
        }
        await target.SettledAsync();

        // None of them is an event, so each must be a failed one, with its bytes.
        var payloads = await target.Api.SqlAsync("SELECT hex(payload) FROM failed_events");
        payloads.Select(row => Encoding.UTF8.GetString(Convert.FromHexString(row[0].GetString()!)[1..]))
            .ShouldBe(kept, ignoreOrder: true);
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task Naughty_strings_come_back_from_every_place_they_can_stand_in()
    {
        await using var target = await Target.StartAsync();
        var strings = JsonCorpus.NaughtyStrings();
        for (var n = 0; n < strings.Count; n++)
        {
            var text = strings[n];
            var answer = await target.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new
            {
                @event = "x" + text, event_id = $"blns-{n}", user_id = text, properties = new { text },
            }));
            answer.Status.ShouldBe(200, text);
        }
        await target.SettledAsync();

        var rows = await target.Api.SqlAsync("""
            SELECT event_id, event, user_id, properties->>'text', json_valid(properties) FROM events
            WHERE starts_with(event_id, 'blns-')
            """);
        rows.Count.ShouldBe(strings.Count);
        foreach (var row in rows)
        {
            var text = strings[int.Parse(row[0].GetString()!["blns-".Length..])];
            row[1].GetString().ShouldBe("x" + text);
            row[2].GetString().ShouldBe(text);
            row[3].GetString().ShouldBe(text);
            row[4].GetBoolean().ShouldBeTrue(text);
        }
        await target.ShouldHaveStoodAsync();
    }

    /// <summary>One as an object, an array or lines; a corpus file may hold any of them.</summary>
    private static IEnumerable<string> Events(byte[] body)
    {
        using var json = JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0));
        var root = json.RootElement;
        return root.ValueKind == JsonValueKind.Array
            ? [.. root.EnumerateArray().Select(element => element.GetRawText())] : [root.GetRawText()];
    }

    private static async Task ShouldRefuseAsync(Target target, byte[] body, string name)
    {
        var answer = await target.SendAsync(body);
        answer.Status.ShouldBe(400, name);
        Codes.ShouldContain(answer.Code, name);
        (answer.Code == "invalid_utf8").ShouldBe(!Utf8.IsValid(body), name);
    }

    private static byte[] Event(string name, byte[] value) =>
        [.. Encoding.UTF8.GetBytes($$"""{"event":"{{name}}","properties":{"value":"""), .. value, .. "}}"u8];
}
