using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

/// <summary>What holds for every body, whatever the protocol.</summary>
public sealed class BodyTests
{
    private static readonly NativeProtocol Native = new();
    private static readonly SegmentProtocol Segment = new();

    [Theory]
    [InlineData(200, null)]
    [InlineData(201, "json_too_deep")]
    [InlineData(5000, "json_too_deep")]
    [InlineData(1_000_000, "json_too_deep")]
    public void A_body_may_nest_two_hundred_levels(int levels, string? refused)
    {
        var body = new string('[', levels) + new string(']', levels);

        (DecodedBody.Decode(Native, "/v1/events", body).Refusal?.Code).ShouldBe(refused);
        (DecodedBody.Decode(Segment, "/v1/track", body).Refusal?.Code).ShouldBe(refused);
    }

    [Fact]
    public void The_deepest_body_is_decoded()
    {
        const int Levels = 199;
        var value = string.Concat(Enumerable.Repeat("{\"a\":", Levels)) + "1" + new string('}', Levels);

        var row = DecodedBody.Decode(
            Native, "/v1/events", $$$"""{"event":"x","mine":{{{value}}},"context":{"extra":"text"}}""").Events.Single();

        ((string)row["context"]!).ShouldBe($$$"""{"extra":{"extra":"text","mine":{{{value}}}}}""");
    }

    [Fact]
    public void A_broken_deep_body_is_not_json_unless_it_is_too_deep_first()
    {
        DecodedBody.Decode(Native, "/v1/events", new string('[', 200) + "x").Refusal.ShouldBe(Refusal.NotJson);
        DecodedBody.Decode(Native, "/v1/events", new string('[', 201) + "x").Refusal.ShouldBe(Refusal.JsonTooDeep);
    }

    [Theory]
    [InlineData(640, false)]
    [InlineData(641, true)]
    public void What_a_batch_shares_may_come_to_64_megabytes_in_all_its_events(int events, bool isRefused)
    {
        var context = $$"""{"x":"{{new string('y', 100_000 - 8)}}"}""";
        var body = $$"""{"context":{{context}},"batch":[{{string.Join(',', Enumerable.Repeat("1", events))}}]}""";

        var refusal = DecodedBody.Decode(Segment, "/v1/batch", body).Refusal;

        refusal.ShouldBe(isRefused ? Refusal.BatchExpands : null);
    }

    [Fact]
    public void No_change_to_a_body_makes_decoding_throw_or_store_broken_json()
    {
        var random = new Random(20261122);
        foreach (var protocol in new IProtocol[] { Native, Segment })
        {
            var folder = Path.Combine(Repository.Root, "tests", "golden", protocol.Name);
            var bodies = Directory.GetFiles(folder, "*.json").Where(path => !path.Contains(".expected."));
            foreach (var path in bodies.Order())
            {
                var body = File.ReadAllBytes(path);
                for (var i = 0; i < 400 && body.Length > 0; i++)
                {
                    var changed = Change(body, random);
                    if (Utf8.IsValid(changed))
                    {
                        var route = protocol.Routes[random.Next(protocol.Routes.Count)];
                        Should.NotThrow(
                            () => ParseStored(DecodedBody.Decode(protocol, route.Path, changed)),
                            Encoding.UTF8.GetString(changed));
                    }
                }
            }
        }
    }

    [Fact]
    public void Decoding_allocates_nothing_per_event()
    {
        var path = Path.Combine(Repository.Root, "tests", "golden", "segment", "analytics-node-batch.json");
        var body = File.ReadAllBytes(path);
        var shape = new BodyShape();
        var route = Segment.Routes.Single(candidate => candidate.Path == "/v1/batch");
        var raw = new RawEvent();
        DecodeAll(body, route, shape, raw);

        var before = GC.GetAllocatedBytesForCurrentThread();
        DecodeAll(body, route, shape, raw);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_user_agent_that_is_no_text_is_left_out()
    {
        var body = """{"event":"x"}"""u8.ToArray();
        var shape = new BodyShape();
        var route = Native.Routes[0];
        var raw = new RawEvent();
        Native.Shape(body, route, shape).ShouldBeNull();

        Native.Decode(
            new ReceivedEvent { Body = body, Shape = shape, Index = 0, Route = route, UserAgent = [0x41, 0xE9] }, raw);

        raw.Has(EventColumn.UserAgent).ShouldBeFalse();
        raw.Failure.ShouldBeNull();
    }

    private static void DecodeAll(byte[] body, ProtocolRoute route, BodyShape shape, RawEvent raw)
    {
        shape.Clear();
        Segment.Shape(body, route, shape).ShouldBeNull();
        for (var index = 0; index < shape.Events.Count; index++)
        {
            raw.Clear();
            Segment.Decode(new ReceivedEvent { Body = body, Shape = shape, Index = index, Route = route }, raw);
            raw.Failure.ShouldBeNull();
        }
    }

    /// <summary>Throws where a stored column is no JSON, or holds a name twice.</summary>
    private static void ParseStored(DecodedBody decoded)
    {
        foreach (var column in decoded.Events.SelectMany(row => new[] { row["properties"], row["context"] }))
        {
            if (column is not null)
            {
                using var parsed = JsonDocument.Parse((string)column!, new() { AllowDuplicateProperties = false });
            }
        }
    }

    private static byte[] Change(byte[] body, Random random)
    {
        ReadOnlySpan<byte> pieces = "{}[]\",:\\u d8000nulltrue-1.e9"u8;
        var changed = body.ToList();
        for (var times = random.Next(1, 4); times > 0 && changed.Count > 1; times--)
        {
            var at = random.Next(changed.Count);
            switch (random.Next(4))
            {
                case 0:
                    changed[at] = pieces[random.Next(pieces.Length)];
                    break;
                case 1:
                    changed.Insert(at, pieces[random.Next(pieces.Length)]);
                    break;
                case 2:
                    changed.RemoveRange(at, random.Next(1, Math.Min(20, changed.Count - at) + 1));
                    break;
                default:
                    var length = random.Next(1, Math.Min(40, changed.Count - at) + 1);
                    changed.InsertRange(random.Next(changed.Count), changed.GetRange(at, length));
                    break;
            }
        }
        return [.. changed];
    }
}
