using Microsoft.Extensions.DependencyInjection;

namespace Millrace.Protocols;

/// <summary>Registers the protocols of this build: a new one is a line here.</summary>
internal static class ProtocolsSetup
{
    public static IServiceCollection AddProtocols(this IServiceCollection services)
    {
        services.AddSingleton<IProtocol, NativeProtocol>();
        services.AddSingleton<IProtocol, SegmentProtocol>();
        services.AddSingleton(provider => new ProtocolTable([.. provider.GetServices<IProtocol>()]));
        return services;
    }
}
