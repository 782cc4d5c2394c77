using System.Text;
using Millrace.Fuzz.Targets;
using Millrace.Protocols;

namespace Millrace.Fuzz;

/// <summary>Every target, by name.</summary>
internal static class TargetList
{
    private static readonly string[] Protocols = ["Millrace.Protocols", "Millrace.Events"];

    private static readonly byte[][] JsonWords = Words(
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1.5e300", "1e400", "18446744073709551616", "\\u0000",
        "\\ud800", "\\ud83d\\ude00", "\\\"", "\\\\", "\n", " ", "{\"a\":1,\"a\":2}",
        "\"\\u0061\":3", "\u00e9\ud83d\ude00",
        "\"event\":", "\"properties\":", "\"context\":", "\"extra\":", "\"event_id\":", "\"event_time\":",
        "\"2026-01-02T03:04:05.678Z\"", "\"2026-02-30\"", "1767323045", "\"sent_time\":", "\"latitude\":",
        "\"is_bot\":", "\"url\":\"https://a.example/b?c#d\"", "\"user_id\":\"u\"", "\"ip\":", "\"batch\":",
        "\"type\":\"track\"", "\"type\":\"identify\"", "\"type\":\"page\"", "\"messageId\":", "\"traits\":",
        "\"integrations\":", "\"writeKey\":\"w\"", "\"sentAt\":", "\"timestamp\":", "\"originalTimestamp\":",
        "\"tenant\":", "\"app\":{\"name\":\"n\"}", "\"screen\":{\"width\":1,\"height\":2}", "\"campaign\":",
        "\"network\":{\"wifi\":true}", "\"page\":{\"url\":\"/\"}");

    private static readonly byte[][] MetadataWords = Words(
        "-1", "2147483648", "9223372036854775808", "null", "{}", "[]", "\"\"", "\"day\"", "\"hour\"", "\"void\"",
        "\"bucket[0]\"", "\"truncate[-1]\"", "\"identity\"", "\"decimal(\"", "\"decimal(,)\"", "\"fixed[\"",
        "\"struct\"", "\"list\"", "\"map\"", "\"fields\":", "\"type\":", "\"refs\":", "\"summary\":", "\\ud800");

    private static readonly byte[][] AvroWords = Words(
        "\"record\"", "\"array\"", "\"map\"", "\"fixed\"", "\"enum\"", "\"null\"", "\"long\"", "\"bytes\"", "\"size\":",
        "\"items\":", "\"values\":", "\"fields\":", "\"name\":", "\"namespace\":", "\"field-id\":",
        "[\"null\",\"int\"]",
        "avro.codec", "deflate", "null", "avro.schema", "partition-spec");

    public static IReadOnlyList<Target> All { get; } =
    [
        new Target("native", Protocols) { Dictionary = JsonWords, Start = Native },
        new Target("segment", Protocols) { Dictionary = JsonWords, Start = SegmentBatch },
        new Target("record", ["Millrace.Protocols", "Millrace.Events", "Millrace.Refine"])
        {
            Dictionary = JsonWords, Start = RecordTarget.Start,
        },
        new Target("body", ["Millrace.Collect"]) { Start = BodyTarget.Start },
        new Target("log", ["Millrace.Log"]) { Start = LogTarget.Start },
        new Target("avro", ["Millrace.Iceberg"]) { Dictionary = AvroWords, Start = AvroTarget.Start },
        new Target("metadata", ["Millrace.Iceberg"]) { Dictionary = MetadataWords, Start = MetadataTarget.Start },
    ];

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Target Find(string name) => All.FirstOrDefault(target => target.Name == name)
        ?? throw new ArgumentException($"There is no target '{name}'.");

    private static TargetRun Native()
    {
        var protocol = new NativeProtocol();
        var target = new DecodingTarget(protocol, protocol.Routes[0], new NativeModel());
        return new TargetRun(Words(
            """{"event":"a","event_id":"1","event_time":"2026-01-02T03:04:05Z","properties":{"a":[1,{"b":null}]}}""",
            """[{"event":"a","user_id":"u","context":{"extra":{"x":1}},"other":2},{"event":7}]""",
            "{\"event\":\"a\"}\n{\"event\":\"b\",\"latitude\":1.5,\"is_bot\":true}"), target.Run);
    }

    private static TargetRun SegmentBatch()
    {
        var protocol = new SegmentProtocol();
        var target = new DecodingTarget(protocol, protocol.Routes[0], new SegmentModel());
        return new TargetRun(Words(
            """
            {"batch":[{"type":"track","event":"a","messageId":"m","properties":{"p":1}},
            {"type":"identify","userId":"u","traits":{"t":1},"context":{"ip":"1.2.3.4"}}],
            "context":{"library":{"name":"l"}},"sentAt":"2026-01-02T03:04:05Z","integrations":{"All":true}}
            """,
            """
            {"writeKey":"k","batch":[{"type":"page","name":"n","originalTimestamp":"x","context":{"traits":{}}}]}
            """),
            target.Run);
    }

    private static byte[][] Words(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];
}
