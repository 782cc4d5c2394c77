using System.Net;

namespace Millrace.Tests.Collect;

public class CorsTests
{
    private const string Origin = "https://shop.example";

    [Fact]
    public async Task Allows_whatever_a_preflight_asks_for()
    {
        await using var collector = await TestCollector.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri(collector.Address, "/v1/events/"));
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,x-retry-count");

        using var answer = await collector.Client.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Header(answer, "Access-Control-Allow-Origin").ShouldBe(Origin);
        Header(answer, "Access-Control-Allow-Credentials").ShouldBe("true");
        Header(answer, "Access-Control-Allow-Headers").ShouldBe("authorization,x-retry-count");
        Header(answer, "Access-Control-Allow-Methods").ShouldContain("POST");
        Header(answer, "Access-Control-Max-Age").ShouldBe("7200");
        Header(answer, "Vary").ShouldContain("Origin");
    }

    [Theory]
    [InlineData("[]", HttpStatusCode.OK)]
    [InlineData("[", HttpStatusCode.BadRequest)]
    public async Task Lets_the_page_read_the_answer_also_of_a_refusal(string body, HttpStatusCode status)
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(body, request => request.Headers.Add("Origin", Origin));

        answer.StatusCode.ShouldBe(status);
        Header(answer, "Access-Control-Allow-Origin").ShouldBe(Origin);
        Header(answer, "Access-Control-Allow-Credentials").ShouldBe("true");
        Header(answer, "Access-Control-Expose-Headers").ShouldContain("Retry-After");
        Header(answer, "Vary").ShouldContain("Origin");
    }

    [Fact]
    public async Task Does_not_echo_an_origin_that_no_header_can_hold()
    {
        await using var collector = await TestCollector.StartAsync();
        using var socket = await collector.ConnectAsync(
            $"POST /v1/events HTTP/1.1\r\nHost: a\r\nOrigin: https://\u00c3\u00a4.example\r\n"
            + $"X-Write-Key: {TestCollector.WriteKey}\r\nContent-Length: 2\r\n\r\n[]");

        (await TestCollector.ReadStatusAsync(socket)).ShouldBe("HTTP/1.1 200 OK");
    }

    private static string Header(HttpResponseMessage answer, string name) =>
        string.Join(", ", answer.Headers.GetValues(name));
}
