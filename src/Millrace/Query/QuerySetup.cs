using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Control;
using Millrace.Iceberg;

namespace Millrace.Query;

/// <summary>Registers the role query: ad-hoc SQL and the ledger over HTTP.</summary>
internal static class QuerySetup
{
    /// <summary>Needs <see cref="ICatalog"/>, <see cref="TableStore"/>, <see cref="DataDirectory"/>, <see
    /// cref="LiveControl"/> and <see cref="ReadPending"/>. Owns DIR/tmp/query, and empties it.</summary>
    public static IServiceCollection AddQuery(
        this IServiceCollection services, DataDirectory directory, QueryOptions options)
    {
        var scratch = directory.In("tmp/query");
        QueryRunner.EmptyScratch(scratch);
        services.AddSingleton(options);
        services.AddSingleton(provider => new LakeReader(
            provider.GetRequiredService<ICatalog>(), provider.GetRequiredService<TableStore>(), directory.Path));
        services.AddSingleton(provider => new QueryRunner(
            provider.GetRequiredService<LakeReader>(), options, scratch, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            var control = provider.GetRequiredService<LiveControl>();
            return new AdminKeys(key => control.Current.Find(key));
        });
        services.AddSingleton(provider => new LedgerReader(
            provider.GetRequiredService<LakeReader>(), provider.GetRequiredService<QueryRunner>(),
            provider.GetRequiredService<ReadPending>()));
        services.AddSingleton<SqlEndpoint>();
        services.AddSingleton<LedgerEndpoint>();
        return services;
    }

    public static void MapQuery(this IEndpointRouteBuilder endpoints)
    {
        endpoints.ServiceProvider.GetRequiredService<SqlEndpoint>().Map(endpoints);
        endpoints.ServiceProvider.GetRequiredService<LedgerEndpoint>().Map(endpoints);
    }
}
