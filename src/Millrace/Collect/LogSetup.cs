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
        services.AddSingleton(new CollectLog(writer.Node, stamp, entry => AppendAsync(writer, entry)));
        services.AddHostedService(provider =>
            new LogService(writer, committed, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static async ValueTask<CollectAppend> AppendAsync(LogWriter writer, CollectEntry entry)
    {
        var result = await writer.AppendAsync(new LogEntry
        {
            Head = entry.Head, Body = new(entry.Body), Events = entry.Events, Stamp = entry.Stamp,
        });
        return new CollectAppend(result.Offset, result.Refusal switch
        {
            AppendRefusal.None => CollectAppendRefusal.None,
            AppendRefusal.InFlightFull => CollectAppendRefusal.InFlightFull,
            AppendRefusal.DiskFull => CollectAppendRefusal.DiskFull,
            AppendRefusal.DiskFailing => CollectAppendRefusal.DiskFailing,
            _ => throw new System.Diagnostics.UnreachableException(),
        });
    }
}
