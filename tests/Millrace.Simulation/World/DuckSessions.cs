using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Millrace.DuckDb;
using Millrace.Lake;

namespace Millrace.Simulation.World;

/// <summary>The real DuckDB, opened once for all simulations: two instances as in the program, and one that checks.
/// Nothing of a run stays in them.</summary>
internal sealed class DuckSessions : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<Database> _databases = [];

    public DuckSessions() => (Refining, Committing, Checking) = (Open(), Open(), Open());

    public Connection Refining { get; }

    public Connection Committing { get; }

    public Connection Checking { get; }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>A process began: its databases are empty.</summary>
    public void Reset()
    {
        foreach (var table in LakeTable.All)
        {
            Refining.Execute($"DROP TABLE IF EXISTS {table.Name}");
        }
    }

    public void Dispose()
    {
        Refining.Dispose();
        Committing.Dispose();
        Checking.Dispose();
        _databases.ForEach(database => database.Dispose());
        _services.Dispose();
    }

    private Connection Open()
    {
        var database = Database.Open(null, new Dictionary<string, string>
        {
            ["memory_limit"] = "256MiB", ["threads"] = "1", ["preserve_insertion_order"] = "true",
            ["autoinstall_known_extensions"] = "false", ["autoload_known_extensions"] = "false",
        });
        _databases.Add(database);
        var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        return connection;
    }
}
