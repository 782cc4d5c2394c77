using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Control;
using Millrace.Events;

namespace Millrace.Watch;

/// <summary><c>/healthz</c>: the process lives. <c>/readyz</c>: each of its roles can work. <c>/metrics</c>: figures.
/// No key is needed, and nothing of a tenant is shown.</summary>
internal sealed class WatchEndpoints(MetricReader metrics, IEnumerable<ReadinessCheck> checks)
{
    private static readonly Refusal MethodNotAllowed =
        new(405, "method_not_allowed", "Health and metrics are read with GET.");

    private readonly ReadinessCheck[] _checks = [.. checks.OrderBy(check => check.Role, StringComparer.Ordinal)];

    /// <returns>Null: the path is somebody else's.</returns>
    public Task? Handle(HttpContext context) => context.Request.Path.Value switch
    {
        "/healthz" or "/healthz/" => Read(context, AliveAsync),
        "/readyz" or "/readyz/" => Read(context, ReadyAsync),
        "/metrics" or "/metrics/" => Read(context, MetricsAsync),
        _ => null,
    };

    private static Task Read(HttpContext context, Func<HttpContext, Task> answerAsync)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return answerAsync(context);
        }
        context.Response.Headers.Allow = "GET, HEAD";
        return AnswerAsync(context, MethodNotAllowed.Status, Problem.ContentType, Problem.Body(MethodNotAllowed));
    }

    private static Task AliveAsync(HttpContext context) =>
        AnswerAsync(context, StatusCodes.Status200OK, "application/json", "{\"alive\":true}"u8.ToArray());

    private Task MetricsAsync(HttpContext context) => AnswerAsync(context, StatusCodes.Status200OK,
        PrometheusText.ContentType, Encoding.UTF8.GetBytes(PrometheusText.Write(metrics.Read())));

    private Task ReadyAsync(HttpContext context)
    {
        var isReady = true;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("roles");
            foreach (var role in _checks.GroupBy(check => check.Role))
            {
                var faults = role.Select(check => check.Fault()).OfType<string>().ToList();
                isReady &= faults.Count == 0;
                json.WriteStartObject(role.Key);
                json.WriteBoolean("ready", faults.Count == 0);
                json.WriteString("reason", string.Join(' ', faults));
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteBoolean("ready", isReady);
            json.WriteEndObject();
        }
        var status = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return AnswerAsync(context, status, "application/json", buffer.WrittenSpan.ToArray());
    }

    private static Task AnswerAsync(
        HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
