using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("[ ]")]
    [InlineData("\"\"")]
    [InlineData("-0")]
    [InlineData("1e400")]
    [InlineData("-1.5E-7")]
    [InlineData("9007199254740993")]
    [InlineData("{ \"a\" : [ 1.10 , null,{\"a\":true} ],\n\"b\":{\"a\":\"x\\\"}\\\\\"} }")]
    [InlineData("{\"\":1,\" \":2,\"a.b\":3}")]
    [InlineData("[{\"a\":1},{\"a\":1}]")]
    [InlineData("\"\\ud83d\\ude00 \\u0000 \\u2028 \\/ \\\\ud800\"")]
    public void Leaves_what_is_sound_as_it_is(string json) => Copy(json).ShouldBe(json);

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}", "{\"a\":2}")]
    [InlineData("{\"a\":1,\"b\":2,\"a\":3,\"c\":4}", "{\"b\":2,\"a\":3,\"c\":4}")]
    [InlineData("{\"a\":1,\"\\u0061\":2}", "{\"\\u0061\":2}")]
    [InlineData("{\"\":1,\"\":2,\"\":3}", "{\"\":3}")]
    [InlineData(
        "{\"a\":{\"x\":1,\"x\":2},\"b\":[{\"y\":1,\"y\":2}],\"a\":{\"z\":1,\"z\":2}}",
        "{\"b\":[{\"y\":2}],\"a\":{\"z\":2}}")]
    [InlineData("{\"\\ud800\":1,\"\\udfff\":2,\"\uFFFD\":3}", "{\"\uFFFD\":3}")]
    [InlineData("{\"\\n\":1,\"\\u000a\":2}", "{\"\\u000a\":2}")]
    [InlineData("{\"\\ud83d\\ude00\":1,\"😀\":2}", "{\"😀\":2}")]
    public void Of_equal_names_the_last_wins(string json, string expected) => Copy(json).ShouldBe(expected);

    [Theory]
    [InlineData("\"\\ud800\"", "\"\uFFFD\"")]
    [InlineData("\"a\\udc00b\"", "\"a\uFFFDb\"")]
    [InlineData("\"\\ud800\\ud83d\\ude00\"", "\"\uFFFD\\ud83d\\ude00\"")]
    [InlineData("\"\\ud800\\n\"", "\"\uFFFD\\n\"")]
    [InlineData("\"\\uD800\\uDBFF\"", "\"\uFFFD\uFFFD\"")]
    [InlineData("{\"\\ud800x\":\"\\udfff\",\"y\":[\"\\udfff\"]}", "{\"\uFFFDx\":\"\uFFFD\",\"y\":[\"\uFFFD\"]}")]
    public void Half_a_surrogate_pair_becomes_the_replacement_character(string json, string expected) =>
        Copy(json).ShouldBe(expected);

    [Theory]
    [InlineData(40)]
    [InlineData(65)]
    [InlineData(3000)]
    public void Finds_repeats_among_many_members(int count)
    {
        var members = Enumerable.Range(0, count).Select(i => $"\"k{i}\":{i}");
        var json = $$"""{{{string.Join(',', members)}},"k7":"last","k\u0038":"last"}""";

        var copy = JsonDocument.Parse(Copy(json)).RootElement;

        copy.EnumerateObject().Count().ShouldBe(count);
        copy.GetProperty("k7").GetString().ShouldBe("last");
        copy.GetProperty("k8").GetString().ShouldBe("last");
        copy.GetProperty("k9").GetInt32().ShouldBe(9);
    }

    [Fact]
    public void A_megabyte_of_one_repeated_name_is_no_attack()
    {
        var members = string.Join(',', Enumerable.Repeat("""
            "a":{"a":1,"a":2}
            """, 50_000));
        var json = "{" + members + "}";

        Copy(json).ShouldBe("""{"a":{"a":2}}""");
    }

    [Fact]
    public void Copies_two_hundred_levels()
    {
        var json = string.Concat(Enumerable.Repeat("{\"a\":[", 100)) + string.Concat(Enumerable.Repeat("]}", 100));

        Copy(json).ShouldBe(json);
    }

    [Fact]
    public void Any_value_in_properties_comes_back_the_same()
    {
        var property = Prop.ForAll(Arb.From(AnyJson(4)), json =>
        {
            var body = $$$"""{"event":"x","properties":{"value":{{{json}}}}}""";
            var row = DecodedBody.Decode(new NativeProtocol(), "/v1/events", body).Events.Single();
            var stored = (string)row["properties"]!;
            var value = JsonDocument.Parse(stored).RootElement.GetProperty("value");
            return Meaning(value) == Meaning(JsonDocument.Parse(json).RootElement) && Copy(stored) == stored;
        });
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20261122, 7));
    }

    /// <summary>One text for all ways to write a value: the last of equal names, sorted; numbers as written.</summary>
    private static string Meaning(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().GroupBy(member => member.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{JsonSerializer.Serialize(group.Key)}:{Meaning(group.Last().Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Meaning))}]",
        JsonValueKind.String => JsonSerializer.Serialize(value.GetString()),
        _ => value.GetRawText(),
    };

    private static Gen<string> AnyJson(int depth)
    {
        var text = Gen.Elements(
            "\"\"", "\"é😀\"", "\"\\u0000\\u2028\"", "\"\\ud83d\\ude00\"", "\"a\\\"}{][\"", "\"\\\\\"");
        var number = Gen.Elements(
            "0", "-0", "1.10", "9007199254740991", "-1.5e-7", "1E5", "123456789012345678901234567890");
        var scalar = Gen.OneOf(text, number, Gen.Elements("true", "false", "null"));
        if (depth == 0)
        {
            return scalar;
        }
        var inner = AnyJson(depth - 1);
        var space = Gen.Elements("", " ", "\n\t");
        var array = from values in inner.ListOf()
                    from gap in space
                    select $"[{gap}{string.Join("," + gap, values.Take(5))}{gap}]";
        var member = from name in Gen.Elements("a", "b", "c d", "e.f", "\\u0061", "é", "\\\"", "\\ud83d\\ude00", "")
                     from value in inner
                     select (name, value);
        var obj = from members in member.ListOf()
                  from gap in space
                  let texts = members.Take(6).Select(m => $"\"{m.name}\"{gap}:{gap}{m.value}")
                  select $"{{{string.Join("," + gap, texts)}{gap}}}";
        return Gen.OneOf(scalar, array, obj);
    }

    private static string Copy(string json)
    {
        var source = Encoding.UTF8.GetBytes(json);
        var target = new byte[source.Length];
        return Encoding.UTF8.GetString(target, 0, JsonText.Copy(source, target));
    }
}
