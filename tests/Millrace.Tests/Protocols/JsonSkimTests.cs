using System.Text;
using System.Text.Unicode;
using Millrace.Generate;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

/// <summary>The quick walk over a body may give up, but what it accepts is what the reader accepts, events and
/// all.</summary>
public sealed class JsonSkimTests
{
    private const int Mutants = 30_000;

    private static readonly byte[] Interesting = "{}[]:,\"\\/ \n\t\0\x1f-+.eE0123utfnl"u8.ToArray();

    [Fact]
    public void What_it_accepts_the_reader_accepts_with_the_same_events()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var bodies = Bodies();
        var accepted = 0;
        for (var i = 0; i < Mutants; i++)
        {
            var body = Mutate(bodies[random.Next(bodies.Count)], random);
            if (Utf8.IsValid(body))
            {
                accepted += Compare(body, $"seed {seed}, mutant {i}: {Encoding.UTF8.GetString(body)}");
            }
        }
        accepted.ShouldBeGreaterThan(Mutants / 10, $"seed {seed}");
    }

    [Fact]
    public void Goes_through_sound_bodies_itself()
    {
        foreach (var body in Bodies())
        {
            Compare(body, Encoding.UTF8.GetString(body)).ShouldBeGreaterThan(0, Encoding.UTF8.GetString(body));
        }
    }

    [Theory]
    [InlineData("""[{"a":1},]""")]
    [InlineData("""{"a":1}{"b":2}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":"\x"}""")]
    [InlineData("""{"a":"\u12g4"}""")]
    [InlineData("""{"a":truefalse}""")]
    [InlineData("""{"a":"b""c"}""")]
    [InlineData("""{"a" 1}""")]
    [InlineData("""{"a":1}}""")]
    [InlineData("""{"a":"b""")]
    [InlineData("{\"a\":\"\u0001\"}")]
    [InlineData("{\"a\":1}\u000b")]
    [InlineData("""[{"a":[1,2}]""")]
    public void Leaves_what_is_no_json_to_the_reader(string text) =>
        NativeProtocol.TrySkim(Encoding.UTF8.GetBytes(text), new BodyShape()).ShouldBeFalse();

    [Fact]
    public void Nests_as_deep_as_the_reader()
    {
        foreach (var depth in new[] { BodyReader.DepthMax, BodyReader.DepthMax + 1 })
        {
            var nested = Encoding.ASCII.GetBytes(
                string.Concat(Enumerable.Repeat("[", depth - 1)) + "{}" + new string(']', depth - 1));

            NativeProtocol.TrySkim(nested, new BodyShape()).ShouldBe(depth == BodyReader.DepthMax);
            (NativeProtocol.Read(nested, new BodyShape()) is null).ShouldBe(depth == BodyReader.DepthMax);
        }
    }

    /// <returns>How many of the three walks accepted it.</returns>
    private static int Compare(byte[] body, string story)
    {
        var (quick, slow) = (new BodyShape(), new BodyShape());
        var accepted = 0;
        if (NativeProtocol.TrySkim(body, quick))
        {
            NativeProtocol.Read(body, slow).ShouldBeNull(story);
            quick.Events.ShouldBe(slow.Events, story);
            accepted++;
        }
        foreach (var isBatch in new[] { true, false })
        {
            quick.Clear();
            slow.Clear();
            if (SegmentBody.TrySkim(body, isBatch, quick, out var hasBatch))
            {
                SegmentBody.TryRead(body, isBatch, slow, out var hasBatchToo).ShouldBeTrue(story);
                hasBatch.ShouldBe(hasBatchToo, story);
                quick.Events.ShouldBe(slow.Events, story);
                (quick.Key, quick.SentAt, quick.Context, quick.Integrations)
                    .ShouldBe((slow.Key, slow.SentAt, slow.Context, slow.Integrations), story);
                accepted++;
            }
        }
        return accepted;
    }

    private static byte[] Mutate(byte[] body, Random random)
    {
        var bytes = body.ToList();
        for (var left = random.Next(4); left > 0 && bytes.Count > 0; left--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = Interesting[random.Next(Interesting.Length)];
                    break;
                case 1:
                    bytes.Insert(at, Interesting[random.Next(Interesting.Length)]);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(80), bytes.Count - at)));
                    break;
            }
        }
        return [.. bytes];
    }

    private static List<byte[]> Bodies()
    {
        var source = new TrafficSource(
            new TrafficPlan { Seed = 1, Start = DateTimeOffset.UnixEpoch.AddYears(50), Events = 40, Tenants = 2 });
        var lines = new List<string>();
        while (source.TryNext())
        {
            lines.Add(Encoding.UTF8.GetString(source.Line));
        }
        var sound = lines.Where(line => NativeProtocol.Read(Encoding.UTF8.GetBytes(line), new BodyShape()) is null
            && line.StartsWith('{') && line.Length < 3_000).ToList();
        string[] bodies =
        [
            .. sound,
            "[" + string.Join(",", sound.Take(3)) + "]",
            string.Join("\n", sound.Take(3)) + "\n",
            $$"""{"batch":[{{string.Join(" ,\n", sound.Take(3))}}],"sentAt":"2026-01-01T00:00:00Z","writeKey":"k"}""",
            """{ "batch" : [ ] , "context":{"a":[1,-2.5e+3,true,false,null,[],{}]},"integrations":null}""",
            """{"batch":1,"b\u0061tch":[{}],"writeKey":"a\"b","sentAt":null,"context":[],"x":"\\\\\"\ud800"}""",
            "[]", "[[1,2],{\"\":\"\"}]", "{\"a\":\"" + new string('\\', 62) + "\\\\\"}", "\r\n\t {\"a\" :\t0 } ",
            "{\"long\":\"" + new string('x', 200) + "\\\"" + new string('{', 70) + "\",\"n\":12345678901234567890.5}",
        ];
        return [.. bodies.Select(Encoding.UTF8.GetBytes)];
    }
}
