using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

/// <summary>Runs every case of tests/golden (its README says how to add one).</summary>
public sealed class GoldenTests
{
    private static readonly IProtocol[] Protocols = [new NativeProtocol(), new SegmentProtocol()];
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public void Every_golden_body_gives_its_rows()
    {
        var failures = new StringBuilder();
        var cases = 0;
        foreach (var protocol in Protocols)
        {
            var folder = Path.Combine(Repository.Root, "tests", "golden", protocol.Name);
            foreach (var expectedPath in Directory.GetFiles(folder, "*.expected.json").Order())
            {
                cases++;
                var expected = JsonNode.Parse(File.ReadAllText(expectedPath))!.AsObject();
                var body = File.ReadAllBytes(expectedPath.Replace(".expected.json", ".json", StringComparison.Ordinal));
                var actual = Describe(protocol, expected, body);
                if (!Agrees(expected, actual))
                {
                    failures.AppendLine($"{expectedPath} expects otherwise; what came:")
                        .AppendLine(actual.ToJsonString(Readable));
                }
            }
        }
        failures.ToString().ShouldBeEmpty();
        cases.ShouldBeGreaterThan(10);
    }

    private static JsonObject Describe(IProtocol protocol, JsonObject expected, byte[] body)
    {
        var route = (string)expected["route"]!;
        var userAgent = (string?)expected["user_agent"] ?? "";
        var decoded = DecodedBody.Decode(protocol, route, body, userAgent);
        var actual = new JsonObject { ["route"] = route };
        if (userAgent.Length > 0)
        {
            actual["user_agent"] = userAgent;
        }
        if (decoded.Refusal is { } refusal)
        {
            actual["refused"] = refusal.Code;
            return actual;
        }
        if (decoded.Key is { } key)
        {
            actual["key"] = key;
        }
        actual["events"] = new JsonArray([.. decoded.Events]);
        return actual;
    }

    /// <summary>Columns of JSON text may be expected as JSON (the same value) or as a string (the same
    /// bytes).</summary>
    private static bool Agrees(JsonObject expected, JsonObject actual)
    {
        if (expected["events"] is not JsonArray rows || actual["events"] is not JsonArray came
            || rows.Count != came.Count)
        {
            return JsonNode.DeepEquals(expected, actual);
        }
        foreach (var (row, other) in rows.Zip(came))
        {
            foreach (var column in new[] { "properties", "context" })
            {
                if (row![column] is JsonObject && other![column] is JsonValue text)
                {
                    other[column] = JsonNode.Parse((string)text!);
                }
            }
        }
        return JsonNode.DeepEquals(expected, actual);
    }
}
