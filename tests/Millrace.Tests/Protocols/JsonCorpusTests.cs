using System.Text.Unicode;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

/// <summary>The public JSON parsing corpus: <c>y_</c> must be accepted, <c>n_</c> refused, <c>i_</c> never
/// crash.</summary>
public sealed class JsonCorpusTests
{
    private static readonly NativeProtocol Native = new();
    private static readonly SegmentProtocol Segment = new();

    [Fact]
    public void Sound_json_is_accepted_as_a_body_and_in_properties()
    {
        foreach (var (name, bytes) in Files("y_"))
        {
            DecodedBody.Decode(Native, "/v1/events", bytes).Refusal.ShouldBeNull(name);
            DecodedBody.Decode(Segment, "/v1/track", bytes).Refusal.ShouldBeNull(name);
            var decoded = DecodedBody.Decode(Native, "/v1/events", InProperties(bytes));
            decoded.Refusal.ShouldBeNull(name);
            decoded.Events.ShouldHaveSingleItem()["failed"].ShouldBeNull(name);
        }
    }

    [Fact]
    public void Broken_json_is_refused()
    {
        foreach (var (name, bytes) in Files("n_"))
        {
            Refuses(Native, "/v1/events", bytes).ShouldBeTrue(name);
            Refuses(Segment, "/v1/track", bytes).ShouldBeTrue(name);
            Refuses(Segment, "/v1/batch", bytes).ShouldBeTrue(name);
            Refuses(Segment, "/v1/track", InProperties(bytes)).ShouldBeTrue(name);
        }
    }

    [Fact]
    public void Anything_else_is_accepted_or_refused()
    {
        foreach (var (name, bytes) in Files("i_").Where(file => Utf8.IsValid(file.Bytes)))
        {
            Should.NotThrow(() => Refuses(Native, "/v1/events", bytes), name);
            Should.NotThrow(() => Refuses(Native, "/v1/events", InProperties(bytes)), name);
            Should.NotThrow(() => Refuses(Segment, "/v1/batch", InProperties(bytes)), name);
        }
    }

    private static bool Refuses(IProtocol protocol, string path, byte[] body) =>
        !Utf8.IsValid(body) || DecodedBody.Decode(protocol, path, body).Refusal is not null;

    private static byte[] InProperties(byte[] value) =>
        [.. """{"event":"x","properties":{"value":"""u8, .. value, .. "}}"u8];

    private static List<(string Name, byte[] Bytes)> Files(string prefix)
    {
        var folder = Repository.Data("json-parsing");
        Assert.SkipWhen(folder is null, "The JSON parsing corpus is not on this machine (MILLRACE_TEST_DATA).");
        var files = Directory.GetFiles(folder!, prefix + "*.json").Order()
            .Select(path => (Path.GetFileName(path), File.ReadAllBytes(path))).ToList();
        files.Count.ShouldBeGreaterThan(30);
        return files;
    }
}
