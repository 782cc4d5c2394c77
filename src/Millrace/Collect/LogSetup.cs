using Microsoft.Extensions.DependencyInjection;
using Millrace.Control;
using Millrace.Log;

namespace Millrace.Collect;

/// <summary>Registers the log of a process that collects.</summary>
internal static class LogSetup
{
    /// <param name="writer">Closed by the service.</param>
    /// <param name="stamp">The control version its newest segment opened with.</param>
    /// <param name="committed">The lake's position in this node's log.</param>
    public static IServiceCollection AddLog(
        this IServiceCollection services, LogWriter writer, ReadOnlyMemory<byte> stamp,
        Func<CancellationToken, Task<long?>> committed)
    {
        services.AddSingleton(writer);
        services.AddSingleton(new CollectLog(writer.Node, stamp, entry => writer.AppendAsync(entry)));
        services.AddSingleton(new ReadinessCheck("collect", () => writer.Condition switch
        {
            AppendRefusal.DiskFull => "The disk has too little free space to accept events.",
            AppendRefusal.DiskFailing => "The log cannot be made durable at the moment.",
            _ => null,
        }));
        services.AddHostedService(provider =>
            new LogService(writer, committed, provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
