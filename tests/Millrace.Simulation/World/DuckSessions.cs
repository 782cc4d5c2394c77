using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Millrace.DuckDb;

namespace Millrace.Simulation.World;

/// <summary>What is opened once for all simulations, and keeps nothing of a run: the DuckDB that reads what the lake
/// holds, and the meters.</summary>
internal sealed class DuckSessions : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Database _database = Database.Open(null, new Dictionary<string, string>
    {
        ["memory_limit"] = "256MiB", ["threads"] = "1", ["preserve_insertion_order"] = "true",
        ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false",
    });

    public DuckSessions()
    {
        Checking = _database.Connect();
        Checking.Execute("SET TimeZone = 'UTC'");
    }

    public Connection Checking { get; }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        Checking.Dispose();
        _database.Dispose();
        _services.Dispose();
    }
}
