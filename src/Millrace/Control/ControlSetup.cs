using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Control;

/// <summary>Registers the operator's declarations: settings, tenants, keys.</summary>
internal static class ControlSetup
{
    /// <summary>Adds <see cref="ControlStore"/>, <see cref="LiveControl"/> and <see cref="KeyEndpoints"/>. The settings
    /// are read once more here, so that a wrong file stops the start.</summary>
    /// <param name="settingsFile">Null: there is none.</param>
    public static IServiceCollection AddControl(this IServiceCollection services, DataDirectory directory,
        string? settingsFile)
    {
        services.AddSingleton(directory);
        services.AddSingleton(provider =>
            ControlStore.Open(directory.ControlDatabase, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            var settings = ActivatorUtilities.CreateInstance<LiveSettings>(provider);
            settings.Start(settingsFile);
            return settings;
        });
        services.AddSingleton<LiveControl>();
        services.AddSingleton<KeyEndpoints>();
        return services;
    }

    public static void MapKeys(this IEndpointRouteBuilder endpoints) =>
        endpoints.ServiceProvider.GetRequiredService<KeyEndpoints>().Map(endpoints);
}
