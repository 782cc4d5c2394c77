using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Millrace.Control;
using Millrace.Events;
using Millrace.Log;
using Millrace.Protocols;

namespace Millrace.Collect;

/// <summary>Registers the HTTP edge: Kestrel for every process that answers HTTP, the endpoint for the role
/// collect.</summary>
internal static class CollectSetup
{
    private const string MovedContentLength = "X-Content-Length";

    /// <summary>Kestrel with every limit set, on the addresses given. Needs <see cref="LiveSettings"/>.</summary>
    public static IWebHostBuilder UseMillraceKestrel(
        this IWebHostBuilder web, IReadOnlyList<Listener> listeners, CollectOptions options)
    {
        web.ConfigureServices(services => services.AddSingleton(options).AddSingleton<ConnectionDoor>());
        // On the thread that heard of the bytes, request and answer cost fewer wake-ups; nothing here holds one up for
        // long, and while it works the pool has another thread listen (bench/README.md).
        web.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        return web.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            var services = kestrel.ApplicationServices;
            var settings = services.GetRequiredService<LiveSettings>().Current;
            CollectKestrel.Harden(kestrel, options, settings.Collect.ConnectionsMax);
            CollectKestrel.Listen(kestrel, listeners, services.GetRequiredService<ConnectionDoor>(), settings.Https);
        });
    }

    /// <summary>The role collect. Needs Control, <see cref="CollectLog"/>, <see cref="CollectOptions"/> and the
    /// protocols.</summary>
    public static IServiceCollection AddCollect(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton(provider =>
            new BodyBudget(provider.GetRequiredService<CollectOptions>().BodyBytesInFlightMax));
        services.AddSingleton(provider =>
            new RefusalTable(provider.GetRequiredService<CollectOptions>().RefusalRowsMax));
        services.AddSingleton(provider => new CollectRoutes(provider.GetServices<IProtocol>()));
        services.AddSingleton<CollectMetrics>();
        services.AddSingleton(provider => new CollectParts(provider.GetRequiredService<CollectLog>(),
            provider.GetRequiredService<CollectOptions>(), provider.GetRequiredService<TimeProvider>())
        {
            Routes = provider.GetRequiredService<CollectRoutes>(),
            Budget = provider.GetRequiredService<BodyBudget>(),
            Refusals = provider.GetRequiredService<RefusalTable>(),
            Metrics = provider.GetRequiredService<CollectMetrics>(),
        });
        services.AddSingleton<CollectEndpoint>();
        services.AddSingleton<CollectService>();
        services.AddHostedService(provider => provider.GetRequiredService<CollectService>());
        services.AddSingleton(provider =>
            new ReadinessCheck("collect", () => provider.GetRequiredService<CollectService>().Fault));
        return services;
    }

    /// <summary>First in the pipeline, on both sides: refuses ambiguous lengths, believes trusted proxies.</summary>
    public static void UseDoor(this IApplicationBuilder app)
    {
        var settings = app.ApplicationServices.GetRequiredService<LiveSettings>();
        // A client that sends its next request before the answer would have it begin on the thread on which others wait
        // for theirs.
        app.Use((context, next) =>
            LogWriter.IsTellingAppenders ? ElsewhereAsync(context, next) : next(context));
        app.Use((context, next) =>
        {
            if (CheckLength(context.Request.Headers) is { } refusal)
            {
                context.Response.Headers.Connection = "close";
                return RefuseAsync(context, refusal);
            }
            Forwarded.Apply(context, settings.Current.TrustedNetworks);
            return Passage.RunAsync(context, next);
        });
    }

    private static async Task ElsewhereAsync(HttpContext context, RequestDelegate next)
    {
        await Task.Yield();
        await next(context);
    }

    /// <summary>The routes of all protocols, on addresses that serve the collect side.</summary>
    public static void UseCollect(this IApplicationBuilder app)
    {
        var endpoint = app.ApplicationServices.GetRequiredService<CollectEndpoint>();
        app.Use((context, next) =>
            Passage.Serves(context, Side.Collect) ? endpoint.HandleAsync(context, next) : next(context));
    }

    /// <summary>On addresses that serve the collect side alone, whatever reaches this is no route.</summary>
    public static void UseApiSide(this IApplicationBuilder app) => app.Use((context, next) =>
        Passage.Serves(context, Side.Api) ? next(context) : RefuseUnknownRouteAsync(context));

    /// <summary>404; browsers get to see it, and a preflight is answered anywhere.</summary>
    public static Task RefuseUnknownRouteAsync(HttpContext context)
    {
        Cors.Apply(context);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return Task.CompletedTask;
        }
        return RefuseAsync(context, CollectRefusals.UnknownRoute);
    }

    private static async Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        var body = Problem.Body(refusal);
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = Problem.ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    // A proxy before us may read either of these otherwise than Kestrel, and then sees other requests than we do.
    private static Refusal? CheckLength(IHeaderDictionary headers)
    {
        if (StringValues.IsNullOrEmpty(headers.TransferEncoding))
        {
            return null;
        }
        // Kestrel lets Transfer-Encoding win and moves the other one out of the way.
        if (headers.ContentLength is not null || headers.ContainsKey(MovedContentLength))
        {
            return CollectRefusals.BothLengths;
        }
        // Kestrel looks at the last encoding only.
        return headers.TransferEncoding.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase)
            ? null : CollectRefusals.TransferEncoding;
    }
}
