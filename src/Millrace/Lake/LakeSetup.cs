using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Control;
using Millrace.Log;
using Millrace.Protocols;

namespace Millrace.Lake;

/// <summary>Registers the role lake.</summary>
internal static class LakeSetup
{
    /// <summary>Longer than a query may run by this much before what it may have listed is removed.</summary>
    private static readonly TimeSpan ReadersMargin = TimeSpan.FromSeconds(10);

    /// <summary>Needs <see cref="LakeTables"/>, Control and the protocols.</summary>
    public static IServiceCollection AddLake(this IServiceCollection services, Settings settings)
    {
        services.AddSingleton(OptionsOf(settings));
        services.AddSingleton<LakeMetrics>();
        services.AddSingleton(provider => new LakeRoleParts(
            provider.GetRequiredService<DataDirectory>(), provider.GetRequiredService<IDisk>(),
            provider.GetRequiredService<LakeTables>(), provider.GetService<LogWriter>())
        {
            Control = provider.GetRequiredService<ControlStore>(),
            Protocols = provider.GetRequiredService<ProtocolTable>(),
            Random = NewRandom(),
        });
        services.AddSingleton<LakeRole>();
        services.AddHostedService(provider => provider.GetRequiredService<LakeRole>());
        if (settings.Lake.CompactEvery is not null)
        {
            services.AddSingleton(provider => new CompactionRoleParts(
                provider.GetRequiredService<LakeRole>(), provider.GetRequiredService<DataDirectory>(),
                provider.GetRequiredService<IDisk>(), provider.GetRequiredService<LakeTables>())
            {
                Random = NewRandom(),
            });
            services.AddHostedService<CompactionRole>();
        }
        services.AddSingleton(provider =>
        {
            var role = provider.GetRequiredService<LakeRole>();
            return new ReadinessCheck(
                "lake", () => role.Fault ?? (role.IsCaughtUp ? null : "The lake is still reading the log."));
        });
        return services;
    }

    private static LakeOptions OptionsOf(Settings settings) => new()
    {
        HotAfter = settings.Lake.HotEvery,
        CommitBytes = settings.Lake.CommitBytes,
        CommitAfter = settings.Lake.CommitEvery,
        RowBytesMax = settings.Lake.MemoryBytes / 2,
        FreeBytesMin = settings.Lake.FreeBytesMin,
        ReadersLeaveAfter = settings.Query.TimeoutMax + ReadersMargin,
        Compaction = settings.Lake.CompactEvery is { } look
            ? CompactionOptions.LookingEvery(look) : new CompactionOptions(),
    };

    /// <summary>Seeded by the system: ids of files and snapshots must differ between processes.</summary>
    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));
}
