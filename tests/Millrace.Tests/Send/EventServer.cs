using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Millrace.Tests.Send;

/// <summary>A request as it arrived.</summary>
internal sealed record Arrival(int Number, string Path, string Key, byte[] Body)
{
    public IReadOnlyList<string> Lines =>
        Encoding.UTF8.GetString(Body).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>How the server answers instead of with 200.</summary>
/// <param name="StoresFirst">The events are kept and only the answer is bad.</param>
internal sealed record Mishap(
    int Status, bool StoresFirst = false, int? RetryAfterSeconds = null, string Detail = "No.");

/// <summary>Takes native events on the loopback and keeps their lines; fails as told.</summary>
internal sealed class EventServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private EventServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public ConcurrentQueue<Arrival> Arrivals { get; } = [];

    /// <summary>Lines of every request that was stored, doubles included.</summary>
    public ConcurrentQueue<(string Key, string Line)> Stored { get; } = [];

    public Func<Arrival, Mishap?> Mishap { get; set; } = _ => null;

    /// <summary>Keys are made for this one only.</summary>
    public const string AdminKey = "admin";

    public static async Task<EventServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new EventServer(app);
        app.MapPost("/v1/events", server.TakeAsync);
        app.MapPost("/api/keys", server.MakeKeyAsync);
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var arrival = await ReadAsync(context);
        Arrivals.Enqueue(arrival);
        var mishap = Mishap(arrival);
        if (mishap is null or { StoresFirst: true })
        {
            foreach (var line in arrival.Lines)
            {
                Stored.Enqueue((arrival.Key, line));
            }
        }
        if (mishap is null)
        {
            var receipt = $"node-{arrival.Number}";
            context.Response.Headers["Millrace-Receipt"] = receipt;
            await context.Response.WriteAsJsonAsync(new { accepted = arrival.Lines.Count, receipt });
            return;
        }
        context.Response.StatusCode = mishap.Status;
        if (mishap.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = $"{seconds}";
        }
        await context.Response.WriteAsJsonAsync(new { detail = mishap.Detail });
    }

    private async Task MakeKeyAsync(HttpContext context)
    {
        var arrival = await ReadAsync(context);
        if (arrival.Key != AdminKey)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        using var json = JsonDocument.Parse(arrival.Body);
        var tenant = json.RootElement.GetProperty("tenant").GetString();
        await context.Response.WriteAsJsonAsync(new { id = "1", key = $"key-of-{tenant}" });
    }

    private async Task<Arrival> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var key = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        return new Arrival(Interlocked.Increment(ref _requests), context.Request.Path, key, body.ToArray());
    }
}
