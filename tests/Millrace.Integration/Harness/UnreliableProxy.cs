using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Millrace.Integration;

/// <summary>A proxy that spoils every third request, before or after it has reached the server.</summary>
/// <remarks>In turn: dropped before, dropped after, 503 before, 503 after. After means that the server has stored it
/// and that its yes is lost on the way.</remarks>
internal sealed class UnreliableProxy : IAsyncDisposable
{
    private readonly string _server;
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private int _requests;
    private int _spoiledAfter;

    private UnreliableProxy(string server, string address)
    {
        _server = server;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        _app = builder.Build();
        _app.Run(HandleAsync);
        Url = address;
    }

    public string Url { get; }

    public int Requests => _requests;

    /// <summary>Requests that the server answered and the client was not told of.</summary>
    public int SpoiledAfter => _spoiledAfter;

    public static async Task<UnreliableProxy> StartAsync(string server)
    {
        var proxy = new UnreliableProxy(server, $"http://127.0.0.1:{Workspace.FreePort()}");
        await proxy._app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var number = Interlocked.Increment(ref _requests);
        var fate = number % 3 == 0 ? (Fate)(number / 3 % 4) : Fate.Deliver;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (fate is Fate.DropBefore or Fate.RefuseBefore)
        {
            Spoil(context, fate);
            return;
        }
        using var request = Copy(context.Request, body.ToArray());
        using var response = await _http.SendAsync(request);
        if (fate != Fate.Deliver)
        {
            response.IsSuccessStatusCode.ShouldBeTrue();
            Interlocked.Increment(ref _spoiledAfter);
            Spoil(context, fate);
            return;
        }
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name != "Transfer-Encoding")
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }
        await response.Content.CopyToAsync(context.Response.Body);
    }

    private static void Spoil(HttpContext context, Fate fate)
    {
        if (fate is Fate.DropBefore or Fate.DropAfter)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
    }

    private HttpRequestMessage Copy(HttpRequest from, byte[] body)
    {
        var request = new HttpRequestMessage(new HttpMethod(from.Method), _server + from.Path + from.QueryString)
        {
            Content = new ByteArrayContent(body),
        };
        foreach (var (name, values) in from.Headers)
        {
            if (name is not ("Host" or "Content-Length" or "Transfer-Encoding" or "Connection")
                && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }
        return request;
    }

    private enum Fate
    {
        RefuseAfter, DropBefore, DropAfter, RefuseBefore, Deliver,
    }
}
