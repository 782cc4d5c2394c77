using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Watch;

/// <summary>Registers health and metrics. Roles add their <see cref="Control.ReadinessCheck"/> themselves.</summary>
internal static class WatchSetup
{
    public static IServiceCollection AddWatch(this IServiceCollection services, WatchOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        services.AddMetrics();
        services.AddSingleton(options);
        services.AddSingleton<MetricReader>();
        services.AddSingleton<WatchEndpoints>();
        return services;
    }

    /// <summary>Serves the three paths on every address, before the keys and routes of others; starts listening
    /// now.</summary>
    public static void UseWatch(this IApplicationBuilder app)
    {
        var endpoints = app.ApplicationServices.GetRequiredService<WatchEndpoints>();
        ProcessMetrics.Register(app.ApplicationServices.GetRequiredService<IMeterFactory>());
        app.Use((context, next) => endpoints.Handle(context) ?? next(context));
    }
}
