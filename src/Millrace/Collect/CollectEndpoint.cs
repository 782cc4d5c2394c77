using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;
using Millrace.Control;
using Millrace.Events;
using Millrace.Log;
using Millrace.Protocols;

namespace Millrace.Collect;

/// <summary>A request's whole journey: route, key, body, decoding, counting, the log, and the answer only after the
/// disk.</summary>
/// <remarks>Hot path: nothing is allocated per event, little per request. Thread safe.</remarks>
internal sealed class CollectEndpoint(CollectParts parts, LiveControl control, LiveSettings settings) : IDisposable
{
    private const int RetryAfterSecondsMax = 5;

    private readonly BodyReceiver _receiver = new(parts.Options, parts.Time);
    private readonly BodyDecoder _decoder = new(parts.Options);
    private readonly DefaultObjectPool<Visit> _visits = new(new VisitPolicy(parts.Budget));
    private readonly string _receiptPrefix = parts.Log.Node.ToString("x16", CultureInfo.InvariantCulture) + "-";
    private uint _refusedSoFar;

    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var route = parts.Routes.Find(context.Request.Path.Value);
        if (route is null)
        {
            return next(context);
        }
        Cors.Apply(context);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return Task.CompletedTask;
        }
        return ReceiveAsync(context, route);
    }

    public void Dispose() => _decoder.Dispose();

    private async Task ReceiveAsync(HttpContext context, CollectRoute route)
    {
        var started = parts.Time.GetTimestamp();
        var visit = _visits.Get();
        visit.Route = route;
        try
        {
            visit.Refusal = CheckMethod(context)
                ?? CheckPresentedKey(visit, context)
                ?? await ReadBodyAsync(visit, context)
                ?? CheckBody(visit, context)
                ?? Take(visit, await AppendAsync(visit, context));
            var answer = visit.Refusal is null ? Accept(visit, context.Response) : Refuse(visit, context.Response);
            parts.Metrics.Count(visit, answer.Status, started);
            if (visit.Refusal == CollectRefusals.ClientGone)
            {
                // Unanswered, Kestrel would say 200 to a client that has only stopped sending.
                context.Abort();
                return;
            }
            await WriteAsync(context.Response, answer);
        }
        finally
        {
            _visits.Return(visit);
        }
    }

    private static Refusal? CheckMethod(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            return null;
        }
        context.Response.Headers.Allow = "POST, OPTIONS";
        return CollectRefusals.MethodNotAllowed;
    }

    // A key in a header or the query is looked up before the body is read; a body may still bring its own.
    private Refusal? CheckPresentedKey(Visit visit, HttpContext context)
    {
        Span<byte> key = stackalloc byte[KeyRules.ValueBytesMax];
        var length = PresentedKey.Read(context.Request, key);
        return length == 0 ? null : CheckKey(visit, context, key[..length]);
    }

    private Refusal? CheckKey(Visit visit, HttpContext context, ReadOnlySpan<byte> key)
    {
        var grant = Passage.Find(context, control.Current, key);
        if (grant is null)
        {
            return Refusal.UnknownKey;
        }
        if (grant.Role != KeyRole.Write)
        {
            return Refusal.WrongRole;
        }
        visit.Grant = grant;
        return null;
    }

    private async ValueTask<Refusal?> ReadBodyAsync(Visit visit, HttpContext context)
    {
        var encoding = BodyEncodings.Read(context.Request.Headers.ContentEncoding);
        if (encoding == BodyEncoding.Unsupported)
        {
            return Refusal.UnsupportedEncoding;
        }
        var bytesMax = settings.Current.Collect.BodyBytesMax(visit.Route.Protocol.Name);
        if (await _receiver.ReadAsync(context, bytesMax, visit.Raw) is { } unread)
        {
            return unread;
        }
        encoding = BodyEncodings.Sniff(encoding, visit.Raw.Span);
        if (encoding == BodyEncoding.Identity)
        {
            visit.SetBody(WithoutMark(visit.Raw.Memory));
            return null;
        }
        var refusal = await _decoder.DecodeAsync(visit.Raw, encoding, bytesMax, visit.Decoded);
        visit.SetBody(WithoutMark(visit.Decoded.Memory));
        return refusal;
    }

    private Refusal? CheckBody(Visit visit, HttpContext context)
    {
        var body = visit.Body.Span;
        if (!Utf8.IsValid(body))
        {
            return Refusal.NotUtf8;
        }
        var refusal = visit.Route.Protocol.Shape(body, visit.Route.Route, visit.Shape) ?? visit.ReserveShape();
        if (refusal is null && visit.Grant is null)
        {
            var key = body[visit.Shape.Key];
            return key.IsEmpty ? Refusal.NoKey : CheckKey(visit, context, key);
        }
        return refusal;
    }

    // No cancellation: a client that goes now may still get its events stored, and its retry is a duplicate.
    private ValueTask<AppendResult> AppendAsync(Visit visit, HttpContext context)
    {
        var (rented, length) = EnvelopeWriter.Write(visit, context);
        var appended = parts.Log.AppendAsync(new LogEntry
        {
            Head = rented.AsMemory(0, length),
            Body = new ReadOnlySequence<byte>(visit.Body),
            Events = visit.Shape.Events.Count,
        });
        // Copied by now: the next body finds this memory still in the processor's cache.
        ArrayPool<byte>.Shared.Return(rented);
        visit.ReleaseBody();
        return appended;
    }

    private static Refusal? Take(Visit visit, AppendResult appended)
    {
        visit.Offset = appended.Offset;
        return CollectRefusals.Of(appended.Refusal);
    }

    private Answer Accept(Visit visit, HttpResponse response)
    {
        var receipt = string.Create(CultureInfo.InvariantCulture, $"{_receiptPrefix}{visit.Offset}");
        response.Headers["Millrace-Receipt"] = receipt;
        return visit.Route.Protocol.Accept(visit.Route.Route, visit.Shape.Events.Count, receipt);
    }

    private Answer Refuse(Visit visit, HttpResponse response)
    {
        var refusal = visit.Refusal!;
        var minute = parts.Time.GetUtcNow().ToUnixTimeSeconds() / 60 * 60_000_000;
        parts.Refusals.Count(
            new RefusalRow(minute, visit.Grant?.Tenant ?? "", visit.Grant?.Source ?? "", visit.Route.Route.Path,
                refusal.Status, refusal.Code),
            new RefusalCount(1, visit.RawBytes));
        if (refusal.Status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            // Spread, so that those refused together do not come back together.
            var seconds = 1 + Interlocked.Increment(ref _refusedSoFar) % RetryAfterSecondsMax;
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        return visit.Route.Protocol.Refuse(visit.Route.Route, refusal);
    }

    private static async ValueTask WriteAsync(HttpResponse response, Answer answer)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        // Without a token: Kestrel ends the write with the connection, and RequestAborted is made when it is asked for.
        await response.BodyWriter.WriteAsync(answer.Body, CancellationToken.None);
    }

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body;
}
