using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Events;

namespace Millrace.Collect;

/// <summary>Reads a request's body as it came into pooled memory: bounded in bytes and in time.</summary>
/// <remarks>Hot path. Bad clients become refusals here; nothing they do throws further.</remarks>
internal sealed class BodyReceiver(CollectOptions options, TimeProvider time)
{
    /// <summary>Memory set aside for what a header only announces. More is taken as bytes come in: else a few hundred
    /// headers without bodies would fill the budget for everybody.</summary>
    private const int BytesOnTrust = 64 << 10;

    /// <returns>Null, or why the body was not read.</returns>
    public ValueTask<Refusal?> ReadAsync(HttpContext context, int bodyBytesMax, BodyBuffer body)
    {
        var length = context.Request.ContentLength;
        if (length > bodyBytesMax)
        {
            return new ValueTask<Refusal?>(Refusal.BodyTooLarge);
        }
        if (bodyBytesMax > options.BodyBytesMax
            && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { } kestrel)
        {
            kestrel.MaxRequestBodySize = bodyBytesMax;
        }
        if (body.Reserve((int)Math.Min(length ?? 0, BytesOnTrust)) is { } full)
        {
            return new ValueTask<Refusal?>(full);
        }
        return ReadSafelyAsync(context, bodyBytesMax, body);
    }

    private async ValueTask<Refusal?> ReadSafelyAsync(HttpContext context, int bodyBytesMax, BodyBuffer body)
    {
        try
        {
            var reader = context.Request.BodyReader;
            // A body that came with its headers needs no timer.
            if (reader.TryRead(out var first))
            {
                var refusal = Take(reader, first, bodyBytesMax, body);
                if (refusal is not null || first.IsCompleted)
                {
                    return refusal;
                }
            }
            return await ReadOnAsync(context, bodyBytesMax, body);
        }
        catch (OperationCanceledException)
        {
            return context.RequestAborted.IsCancellationRequested ? CollectRefusals.ClientGone : TooSlow(context);
        }
        catch (BadHttpRequestException bad)
        {
            return bad.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout => TooSlow(context),
                StatusCodes.Status413PayloadTooLarge => Refusal.BodyTooLarge,
                _ => Broken(context),
            };
        }
        catch (ConnectionResetException)
        {
            return CollectRefusals.ClientGone;
        }
        // So Kestrel calls a chunk's size beyond 32 bits.
        catch (IOException)
        {
            return Broken(context);
        }
    }

    private async ValueTask<Refusal?> ReadOnAsync(HttpContext context, int bodyBytesMax, BodyBuffer body)
    {
        using var late = new CancellationTokenSource(options.RequestDeadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(stop.Token);
            var refusal = Take(reader, read, bodyBytesMax, body);
            if (refusal is not null || read.IsCompleted)
            {
                return refusal;
            }
        }
    }

    private static Refusal? Take(PipeReader reader, ReadResult read, int bodyBytesMax, BodyBuffer body)
    {
        var refusal = body.Length + read.Buffer.Length > bodyBytesMax
            ? Refusal.BodyTooLarge : body.Reserve(body.Length + (int)read.Buffer.Length);
        if (refusal is null)
        {
            read.Buffer.CopyTo(body.Free);
            body.Advance((int)read.Buffer.Length);
        }
        reader.AdvanceTo(read.Buffer.End);
        return refusal;
    }

    private static Refusal Broken(HttpContext context)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return CollectRefusals.ClientGone;
        }
        context.Response.Headers.Connection = "close";
        return CollectRefusals.BrokenBody;
    }

    // What is left of the body will not come in time either.
    private static Refusal TooSlow(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        return CollectRefusals.TooSlow;
    }
}
