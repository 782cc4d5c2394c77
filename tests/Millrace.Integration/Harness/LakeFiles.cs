using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Log;

namespace Millrace.Integration;

/// <summary>The lake of a workspace, opened beside the server by a second program: this one.</summary>
internal sealed class LakeFiles : IDisposable
{
    public static readonly IReadOnlyList<string> Tables = ["events", "failed_events", "ledger"];

    private readonly SqliteCatalog _catalog;
    private readonly TableStore _store;

    private LakeFiles(SqliteCatalog catalog, string folder)
    {
        _catalog = catalog;
        _store = new TableStore(
            new LocalStore(new PosixDisk(), folder),
            new Author(TimeProvider.System, new Random(1), "integration-tests"));
    }

    public static async Task<LakeFiles> OpenAsync(Workspace workspace) => new(
        await SqliteCatalog.OpenAsync(Path.Combine(workspace.Data, "catalog.db"), default),
        Path.Combine(workspace.Data, "lake"));

    /// <summary>Where the tables are now, as of one instant; a table that does not exist yet is missing.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LocationsAsync()
    {
        var snapshot = await _catalog.SnapshotAsync([.. Tables.Select(Name)], [], default);
        return snapshot.Locations.ToDictionary(pair => pair.Key.Name, pair => _store.Objects.LocalPath(pair.Value));
    }

    public async Task<IReadOnlyList<Table>> LoadAsync()
    {
        var tables = new List<Table>();
        foreach (var name in Tables)
        {
            if (await Table.LoadAsync(_catalog, Name(name), _store.Objects, default) is { } table)
            {
                tables.Add(table);
            }
        }
        return tables;
    }

    /// <summary>Forgets every snapshot but the last of each table, and deletes what only the others needed.</summary>
    public async Task ExpireAsync()
    {
        foreach (var before in await LoadAsync())
        {
            var change = new TableChange(before.Name).ExpireSnapshots(1, DateTimeOffset.UtcNow);
            var request = new TransactionRequest([change]);
            var changed = await new Transaction(_catalog, _store).CommitAsync(request, default);
            if (changed.TryGetValue(before.Name, out var after))
            {
                var expiry = new Expiry(_store);
                await expiry.DeleteAsync(await expiry.DeletableAsync(before, after, default), default);
            }
        }
    }

    /// <summary>What is wrong with the files of the tables, by the letter of the specification.</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync()
    {
        var problems = new List<string>();
        foreach (var table in await LoadAsync())
        {
            var findings = await IntegrityCheck.RunAsync(table, _store.Objects, default);
            problems.AddRange(findings.Select(finding => $"{finding}"));
        }
        return problems;
    }

    /// <summary>Rows of a table's files by what the files themselves say: each footer is read and parsed.</summary>
    public async Task<long> FooterRowsAsync(Table table)
    {
        var files = await new Planner(_store).PlanAsync(table, Predicate.All, default);
        if (files.Count == 0)
        {
            return 0;
        }
        using var database = Database.Open(null);
        using var connection = database.Connect();
        var paths = Sql.List(files.Select(file => _store.Objects.LocalPath(file.Path)));
        return connection.Scalar<long>($"SELECT sum(num_rows) FROM parquet_file_metadata({paths})");
    }

    public void Dispose() => _catalog.Dispose();

    private static TableName Name(string table) => new("millrace", table);
}
