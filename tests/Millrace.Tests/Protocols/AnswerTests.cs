using System.Text;
using System.Text.Json;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

public sealed class AnswerTests
{
    [Fact]
    public void Native_says_how_many_events_came_and_where_they_are()
    {
        var protocol = new NativeProtocol();

        var answer = protocol.Accept(protocol.Routes[0], 3, "00ff-128");

        answer.Status.ShouldBe(200);
        Encoding.UTF8.GetString(answer.Body.Span).ShouldBe("""{"accepted":3,"receipt":"00ff-128"}""");
    }

    [Fact]
    public void Segment_says_what_its_own_service_says()
    {
        var protocol = new SegmentProtocol();

        var answer = protocol.Accept(protocol.Routes[0], 3, "00ff-128");

        answer.Status.ShouldBe(200);
        Encoding.UTF8.GetString(answer.Body.Span).ShouldBe("""{"success":true}""");
    }

    [Theory]
    [InlineData("native")]
    [InlineData("segment")]
    public void A_refusal_keeps_its_status_and_code(string name)
    {
        IProtocol protocol = name == "native" ? new NativeProtocol() : new SegmentProtocol();
        foreach (var refusal in new[] { Refusal.UnknownKey, Refusal.NotJson, Refusal.BodyTooLarge, Refusal.Overloaded })
        {
            var answer = protocol.Refuse(protocol.Routes[0], refusal);

            answer.Status.ShouldBe(refusal.Status);
            answer.ContentType.ShouldBe("application/problem+json");
            JsonDocument.Parse(answer.Body).RootElement.GetProperty("code").GetString().ShouldBe(refusal.Code);
        }
    }

    [Fact]
    public void Only_imports_bring_history() =>
        new SegmentProtocol().Routes.Concat(new NativeProtocol().Routes).Where(route => route.IsHistory)
            .ShouldHaveSingleItem().Path.ShouldBe("/v1/import");
}
