using System.Text;
using System.Text.Json;
using Millrace.Generate;

namespace Millrace.Tests.Generate;

public class NaughtyStringsTests
{
    [Fact]
    public void There_are_more_than_sixty_different_ones() =>
        Enumerable.Range(0, NaughtyStrings.Count).Select(number => Convert.ToHexString(NaughtyStrings.Of(number)))
            .Distinct().Count().ShouldBeGreaterThan(60);

    [Fact]
    public void Each_is_the_inside_of_a_JSON_string()
    {
        for (var number = 0; number < NaughtyStrings.Count; number++)
        {
            var text = $"{{\"a\":\"{new UTF8Encoding(false, true).GetString(NaughtyStrings.Of(number))}\",\"b\":1}}";
            using var json = JsonDocument.Parse(text);
            json.RootElement.EnumerateObject().Count().ShouldBe(2, text);
        }
    }
}
