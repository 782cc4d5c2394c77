using System.Text;
using System.Text.Json;
using Millrace.Send;

namespace Millrace.Tests.Send;

public class EventIdsTests
{
    [Theory]
    [InlineData("{\"event\":\"a\",\"event_id\":\"mine\"}")]
    [InlineData("{\"event_id\":7}")]
    [InlineData("42")]
    [InlineData("[{}]")]
    [InlineData("{broken")]
    [InlineData("{} {}")]
    [InlineData("")]
    public void Leaves_alone_what_has_an_id_or_is_no_object(string line) => Complete("f", line, 1).ShouldBe(line);

    [Theory]
    [InlineData("{}")]
    [InlineData("{ }")]
    [InlineData("{\"event\":\"a\"}")]
    [InlineData("{\"event\":\"a\",\"properties\":{\"event_id\":\"not this\"}}")]
    [InlineData("{\"event_id\":null,\"event\":\"a\"}")]
    [InlineData("{\"event_id\":\"\",\"event\":\"a\"}")]
    public void Gives_an_id_to_an_object_without_one(string line)
    {
        using var json = JsonDocument.Parse(Complete("f", line, 1));

        json.RootElement.EnumerateObject().Last(member => member.Name == "event_id")
            .Value.GetString()!.Length.ShouldBe(32);
    }

    [Fact]
    public void The_id_depends_on_file_line_and_text_only()
    {
        var id = Complete("f", "{\"a\":1}", 1);

        Complete("f", "{\"a\":1}", 1).ShouldBe(id);
        new[] { Complete("g", "{\"a\":1}", 1), Complete("f", "{\"a\":1}", 2), Complete("f", "{\"a\":2}", 1) }
            .Select(other => other[^34..]).ShouldNotContain(id[^34..]);
    }

    [Fact]
    public void The_id_is_what_it_always_was_since_files_sent_last_year_may_come_again() =>
        Complete("events.ndjson", "{\"event\":\"a\"}", 12).ShouldBe(
            "{\"event\":\"a\",\"event_id\":\"315dc0c46f67ae6972ce6a0c0c21b56a\"}");

    private static string Complete(string file, string line, long number) =>
        Encoding.UTF8.GetString(new EventIds(file).Complete(Encoding.UTF8.GetBytes(line), number));
}
