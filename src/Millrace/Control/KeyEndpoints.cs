using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Millrace.Events;

namespace Millrace.Control;

/// <summary><c>POST</c>, <c>GET</c> and <c>DELETE /api/keys</c>: what <c>millrace key --to</c> speaks. Admin keys
/// only.</summary>
internal sealed class KeyEndpoints(ControlStore store, LiveControl live)
{
    private const int BodyBytesMax = 16 << 10;

    private static readonly Refusal NotAnAdmin =
        new(403, "key_role", "Keys are managed with an admin key: create one with 'millrace key create --role admin'.");
    private static readonly Refusal NoSuchKey =
        new(404, "key_unknown", "There is no such key in force; 'millrace key list' shows those there are.");

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/api/keys", CreateAsync);
        endpoints.MapGet("/api/keys", ListAsync);
        endpoints.MapDelete("/api/keys/{id}", RevokeAsync);
    }

    private async Task CreateAsync(HttpContext context)
    {
        if (Denied(context) is { } denied)
        {
            await AnswerAsync(context, denied);
            return;
        }
        NewKey? key;
        try
        {
            key = await ReadAsync(context);
        }
        // A lone surrogate escape parses, and throws when it is read.
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            await AnswerAsync(context, Refusal.NotJson);
            return;
        }
        var fault = key is null ? "The role must be one of write, read, admin." : KeyRules.Fault(key);
        if (fault is not null)
        {
            await AnswerAsync(context, new Refusal(400, "invalid_key", fault));
            return;
        }
        try
        {
            var (grant, value) = store.CreateKey(key!);
            live.Refresh();
            context.Response.ContentType = "application/json";
            await context.Response.BodyWriter.WriteAsync(KeyJson.Created(grant, value), context.RequestAborted);
        }
        catch (OperatorException taken)
        {
            await AnswerAsync(context, new Refusal(409, "key_exists", taken.Message));
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        if (Denied(context) is { } denied)
        {
            await AnswerAsync(context, denied);
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.BodyWriter.WriteAsync(KeyJson.List(store.Keys()), context.RequestAborted);
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var refusal = Denied(context);
        if (refusal is null && !store.RevokeKey((string)context.Request.RouteValues["id"]!))
        {
            refusal = NoSuchKey;
        }
        if (refusal is not null)
        {
            await AnswerAsync(context, refusal);
            return;
        }
        live.Refresh();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Refusal? Denied(HttpContext context)
    {
        Span<byte> key = stackalloc byte[KeyRules.ValueBytesMax];
        var length = PresentedKey.Read(context.Request, key);
        return length == 0 ? Refusal.NoKey
            : live.Current.Find(key[..length]) is not { } grant ? Refusal.UnknownKey
            : grant.Role != KeyRole.Admin ? NotAnAdmin
            : null;
    }

    /// <summary>Null: the role is none.</summary>
    /// <exception cref="JsonException">The body is no JSON object, or too long.</exception>
    private static async Task<NewKey?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength is null or > BodyBytesMax)
        {
            throw new JsonException("A body of known length is needed.");
        }
        using var json = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("An object is needed.");
        }
        return Enum.TryParse<KeyRole>(Text("role") ?? "write", ignoreCase: true, out var role) && Enum.IsDefined(role)
            ? new NewKey(role, Text("tenant") ?? "", Text("source") ?? "", Text("value")) : null;

        string? Text(string name) =>
            json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString() : null;
    }

    private static async Task AnswerAsync(HttpContext context, Refusal refusal)
    {
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = Problem.ContentType;
        await context.Response.BodyWriter.WriteAsync(Problem.Body(refusal), context.RequestAborted);
    }
}
