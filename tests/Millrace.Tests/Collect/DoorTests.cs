using System.Net;
using System.Text;
using Millrace.Collect;
using Millrace.Control;
using Millrace.Events;
using Millrace.Log;
using Millrace.Tests.Lake;

namespace Millrace.Tests.Collect;

public class DoorTests
{
    private const string Body = """[{"event":"a"}]""";

    [Fact]
    public async Task Answers_with_a_receipt_once_the_record_is_in_the_log()
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(Body, request => request.Headers.Add("User-Agent", "probe/1"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var receipt = answer.Headers.GetValues("Millrace-Receipt").Single();
        receipt.ShouldBe("00000000deadbeef-16");
        (await answer.Content.ReadAsStringAsync()).ShouldBe($$"""{"accepted":1,"receipt":"{{receipt}}"}""");
        var record = collector.Log.Batch;
        (record.Tenant, record.Source, record.Protocol, record.Route).ShouldBe(("acme", "web", "native", "/v1/events"));
        record.UserAgent.ShouldBe("probe/1");
        record.ClientAddress.ShouldBe([127, 0, 0, 1]);
        answer.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task Does_not_answer_before_the_log_does()
    {
        await using var collector = await TestCollector.StartAsync();
        var gate = new TaskCompletionSource();
        collector.Log.Gate = gate.Task;

        var answer = collector.SendAsync(Body);
        await collector.Log.Arrived;
        var isEarly = answer.IsCompleted;
        gate.SetResult();

        isEarly.ShouldBeFalse();
        (await answer).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stores_the_events_of_a_client_that_left_before_the_answer()
    {
        await using var collector = await TestCollector.StartAsync();
        var gate = new TaskCompletionSource();
        collector.Log.Gate = gate.Task;
        using (await collector.ConnectAsync(Post(Body)))
        {
            await collector.Log.Arrived;
        }
        gate.SetResult();

        await collector.StopAsync();

        collector.Log.Batch.BodyText.ShouldBe(Body);
    }

    [Theory]
    [InlineData("Bearer " + TestCollector.WriteKey)]
    [InlineData("bearer  " + TestCollector.WriteKey)]
    [InlineData("basic")]
    public async Task Takes_the_key_from_the_authorization_header(string authorization)
    {
        await using var collector = await TestCollector.StartAsync();
        var value = authorization == "basic"
            ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(TestCollector.WriteKey + ":")) : authorization;

        using var answer = await collector.SendAsync(Body, request => Replace(request, "Authorization", value));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Takes_the_key_from_its_own_header()
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(Body, request =>
        {
            request.Headers.Remove("Authorization");
            request.Headers.Add("X-Write-Key", TestCollector.WriteKey);
        });

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/v1/events?write_key=" + TestCollector.WriteKey)]
    [InlineData("/v1/events/?a=1&writeKey=" + TestCollector.WriteKey)]
    [InlineData("/v1/events?write_key=write%2Dkey-of-acme-0123456789-abcdefgh")]
    public async Task Takes_the_key_from_the_query(string path)
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(Body, request =>
        {
            request.Headers.Remove("Authorization");
            request.RequestUri = new Uri(collector.Address, path);
        });

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        collector.Log.Batch.Route.ShouldBe("/v1/events");
    }

    [Fact]
    public async Task Takes_the_key_from_the_body_if_there_is_no_other()
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync($$"""{"key":"{{TestCollector.WriteKey}}"}""",
            request => request.Headers.Remove("Authorization"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    public static TheoryData<string, string, int, string> Refused => new()
    {
        { "", Body, 401, "key_missing" },
        { "Bearer nobody-knows-this-key-0123456789-ab", Body, 401, "key_unknown" },
        { "Bearer short", Body, 401, "key_unknown" },
        { "Bearer " + new string('x', 5_000), Body, 401, "key_unknown" },
        { "Basic !!!", Body, 401, "key_unknown" },
        { "Bearer " + TestCollector.ReadKey, Body, 403, "key_role" },
        { "Bearer " + TestCollector.WriteKey, "[{", 400, "invalid_json" },
        { "Bearer " + TestCollector.WriteKey, "[\"\xff\"]", 400, "invalid_utf8" },
        { "Bearer " + TestCollector.WriteKey, "", 400, "invalid_json" },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task Refuses_with_a_code(string authorization, string body, int status, string code)
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(new ByteArrayContent(Encoding.Latin1.GetBytes(body)),
            request => Replace(request, "Authorization", authorization));

        ((int)answer.StatusCode).ShouldBe(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(Problem.ContentType);
        (await answer.Content.ReadAsStringAsync()).ShouldContain($"\"code\":\"{code}\"");
        collector.Log.Records.ShouldNotContain(record => record.Kind == EnvelopeKind.Batch);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refuses_a_body_over_the_limit_and_takes_one_at_it(bool isChunked)
    {
        await using var collector = await TestCollector.StartAsync(
            settings: """{"collect":{"body_bytes":{"native":20000}}}""");
        var atLimit = "[\"" + new string('x', 19_996) + "\"]";

        using var taken =
            await collector.SendAsync(atLimit, request => request.Headers.TransferEncodingChunked = isChunked);
        using var refused =
            await collector.SendAsync(atLimit + " ", request => request.Headers.TransferEncodingChunked = isChunked);

        taken.StatusCode.ShouldBe(HttpStatusCode.OK);
        refused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("body_too_large");
    }

    [Theory]
    [InlineData(nameof(AppendRefusal.InFlightFull), "overloaded")]
    [InlineData(nameof(AppendRefusal.DiskFull), "disk_full")]
    [InlineData(nameof(AppendRefusal.DiskFailing), "disk_failing")]
    public async Task Asks_to_come_back_when_the_log_refuses(string refusal, string code)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Log.Refusal = Enum.Parse<AppendRefusal>(refusal);

        using var answer = await collector.SendAsync(Body);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 5);
        answer.Headers.Contains("Millrace-Receipt").ShouldBeFalse();
        (await answer.Content.ReadAsStringAsync()).ShouldContain(code);
    }

    [Fact]
    public async Task Asks_to_come_back_when_bodies_fill_the_memory_there_is()
    {
        await using var collector =
            await TestCollector.StartAsync(new CollectOptions { BodyBytesInFlightMax = 16 << 10 });

        using var answer = await collector.SendAsync(new string(' ', 16_385));
        using var small = await collector.SendAsync(Body);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("bodies_in_flight");
        small.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Until.TrueAsync(() => collector.Get<BodyBudget>().Reserved == 0);
    }

    [Fact]
    public async Task Refuses_other_methods_and_leaves_other_paths_alone()
    {
        await using var collector = await TestCollector.StartAsync();

        using var get = await collector.Client.GetAsync(new Uri(collector.Address, "/v1/events"));
        using var other = await collector.Client.GetAsync(new Uri(collector.Address, "/v1/event"));

        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        get.Content.Headers.Allow.ShouldBe(["POST", "OPTIONS"]);
        other.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static string Post(string body) =>
        $"POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TestCollector.WriteKey}\r\n"
        + $"Content-Length: {body.Length}\r\n\r\n{body}";

    private static void Replace(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        if (value.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
