using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using System.Diagnostics.Metrics;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Protocols;
using Millrace.Tests.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake;

/// <summary>A data directory with a real log, catalog and DuckDB, on which the role lake runs and crashes.</summary>
internal sealed class LakeWorld : IAsyncDisposable
{
    private const string MemoryLimit = "128MiB";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Database _database = Database.Open(null, new Dictionary<string, string>
    {
        ["memory_limit"] = MemoryLimit, ["threads"] = "1",
    });
    private readonly TimeProvider _time;
    private readonly List<LakeRole> _roles = [];
    private readonly SqliteCatalog _catalog;
    private readonly DataDirectory _directory;
    private readonly ControlStore _control;
    private int _seed = 1;

    private LakeWorld(TimeProvider time, SqliteCatalog catalog, string path)
    {
        _time = time;
        _catalog = catalog;
        _directory = DataDirectory.Open(path, new PosixDisk());
        _control = ControlStore.Open(_directory.ControlDatabase, time);
        Catalog = new FaultyCatalog(catalog);
        Objects = new LocalStore(Disk, _directory.In("lake"));
        Tables = NewTables();
        Log = LogWriter.Open(
            new LogOptions
            {
                Directory = _directory.In("log"), Node = _directory.Node, SegmentBytes = 64 << 10,
                Durability = LogDurability.Os,
            },
            new PosixDisk(), time, new LogStart(new byte[32], new Random(1)));
        Connection = _database.Connect();
        Connection.Execute("SET TimeZone = 'UTC'");
    }

    public FaultyDisk Disk { get; } = new();

    public FaultyCatalog Catalog { get; }

    public LocalStore Objects { get; }

    public LakeTables Tables { get; }

    public LogWriter Log { get; }

    public Connection Connection { get; }

    public string Node => _directory.NodeText;

    /// <summary>Commits only when it stops; rows are visible at once.</summary>
    public LakeOptions Options { get; set; } = new()
    {
        HotAfter = TimeSpan.Zero, CommitAfter = TimeSpan.FromHours(1),
    };

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>Microseconds since 1970.</summary>
    public long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static async Task<LakeWorld> OpenAsync(TimeProvider? time = null)
    {
        var path = Directory.CreateTempSubdirectory("millrace-test-").FullName;
        var catalog = await SqliteCatalog.OpenAsync(Path.Combine(path, "catalog.db"), default);
        return new LakeWorld(time ?? TimeProvider.System, catalog, path);
    }

    public string In(string name) => _directory.In(name);

    public Task<long> AppendAsync(Payload payload) => AppendAsync(payload.ToEntry());

    public async Task<long> AppendAsync(LogEntry entry)
    {
        var result = await Log.AppendAsync(entry);
        result.Refusal.ShouldBe(AppendRefusal.None);
        return result.Offset;
    }

    /// <summary>Starts the role as a process of its own would: only what is on the disk is known.</summary>
    public async Task<LakeRole> StartAsync()
    {
        var role = new LakeRole(
            new LakeRoleParts(_directory, Disk, NewTables(), Log)
            {
                Control = _control,
                Protocols = new ProtocolTable([new NativeProtocol(), new SegmentProtocol()]),
                Random = new Random(_seed++),
            },
            Options, new LakeMetrics(Meters), _time, NullLoggerFactory.Instance);
        _roles.Add(role);
        await role.StartAsync(default);
        return role;
    }

    /// <summary>Starts compaction as in the process of a role.</summary>
    public async Task<CompactionRole> StartCompactionAsync(LakeRole lake)
    {
        var role = new CompactionRole(
            new CompactionRoleParts(lake, _directory, Disk, Tables) { Random = new Random(_seed++) },
            Options, new LakeMetrics(Meters), _time, NullLogger<CompactionRole>.Instance);
        await role.StartAsync(default);
        return role;
    }

    /// <summary>Starts the role, lets it read the log and stops it, so that all is committed.</summary>
    public async Task RunAsync()
    {
        var role = await StartAsync();
        await CaughtUpAsync(role);
        await StopAsync(role);
    }

    /// <summary>Waits until all that was in the log at start is visible, or the role has ended.</summary>
    public static Task CaughtUpAsync(LakeRole role) =>
        Until.TrueAsync(() => role.IsCaughtUp || role.ExecuteTask!.IsCompleted);

    /// <summary>Stops the role, which drains; throws what it ended with.</summary>
    public static async Task StopAsync(LakeRole role)
    {
        await role.StopAsync(default);
        await role.ExecuteTask!;
    }

    /// <summary>Moves all that SQLite keeps in logs of its own into catalog.db and control.db.</summary>
    public void Checkpoint()
    {
        foreach (var name in new[] { "catalog.db", "control.db" })
        {
            using var database = new SqliteConnection($"Data Source={In(name)};Pooling=false");
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Closes all connections to the catalog, as the end of a process does.</summary>
    public void ForgetCatalog() => _catalog.Dispose();

    public async Task<Table> TableAsync(LakeTable table) =>
        await Table.LoadAsync(_catalog, table.TableName, Objects, default) ?? throw new InvalidOperationException();

    /// <summary>Rows of the current snapshots; the tables have their own names.</summary>
    public async Task<List<object?[]>> QueryAsync(string sql)
    {
        foreach (var table in LakeTable.All)
        {
            var files = await FilesAsync(table);
            Connection.Execute($"CREATE OR REPLACE VIEW {table.Name} AS " + (files.Count == 0
                ? $"SELECT * FROM (SELECT {NullRow(table)}) WHERE false"
                : $"SELECT * FROM read_parquet({Sql.List(files)}, hive_partitioning = false)"));
        }
        using var result = Connection.Query(sql);
        return [.. result.Rows()];
    }

    public async Task<IReadOnlyList<string>> FilesAsync(LakeTable table) =>
        [.. (await new Planner(Tables.Store).PlanAsync(await TableAsync(table), Predicate.All, default))
            .Select(file => Objects.LocalPath(file.Path))];

    /// <summary>Ids in the lake, in order.</summary>
    public async Task<List<string>> IdsAsync() =>
        [.. (await QueryAsync("SELECT event_id FROM events ORDER BY event_id")).Select(row => (string)row[0]!)];

    /// <summary>Checks what must hold whenever all of the log is committed.</summary>
    public async Task CheckAsync(IEnumerable<string> ids, long received)
    {
        (await IdsAsync()).ShouldBe(ids.Order(StringComparer.Ordinal));
        (await QueryAsync(
            """
            SELECT minute, tenant FROM ledger GROUP BY ALL
            HAVING sum(events) FILTER (outcome = 'received') IS DISTINCT FROM sum(events) FILTER (outcome <> 'received')
            """)).ShouldBeEmpty();
        var counts = (await QueryAsync(
            """
            SELECT coalesce(sum(events) FILTER (outcome = 'received'), 0)::BIGINT,
                coalesce(sum(events) FILTER (outcome = 'stored'), 0) = (SELECT count(*) FROM events),
                coalesce(sum(events) FILTER (outcome = 'failed'), 0) = (SELECT count(*) FROM failed_events)
            FROM ledger
            """)).Single();
        counts.ShouldBe([received, true, true]);
        await CheckTablesAsync();
        (await Tables.PositionAsync(Node, default)).ShouldBe(new LakePosition(LastEnd(), received));
    }

    public async Task CheckTablesAsync()
    {
        foreach (var table in LakeTable.All)
        {
            (await IntegrityCheck.RunAsync(await TableAsync(table), Objects, default)).ShouldBeEmpty();
        }
    }

    /// <summary>Breaks a record of the log.</summary>
    public void Spoil(long offset)
    {
        var disk = new PosixDisk();
        var segment = LogSegments.List(disk, _directory.In("log")).Single(s => s.Base <= offset && offset < s.End);
        using var file = disk.Open(segment.Path, FileAccess.ReadWrite);
        file.Write([0xff, 0xff, 0xff], SegmentHeader.AreaBytes + offset - segment.Base + 60);
    }

    /// <summary>Where the last record ends.</summary>
    public long LastEnd()
    {
        using var reader = LogReader.Open(_directory.In("log"), new PosixDisk(), 0, Log);
        var end = 0L;
        while (reader.TryRead(out var item))
        {
            end = item.Damage?.To ?? item.Record.End;
        }
        return end;
    }

    public async ValueTask DisposeAsync()
    {
        (Disk.BeforeChange, Disk.BeforeOpen, Disk.BeforeRead) = (null, null, null);
        (Catalog.BeforeCommit, Catalog.AfterCommit) = (null, null);
        Disk.Reset();
        foreach (var role in _roles)
        {
            await role.StopAsync(default);
            role.Dispose();
        }
        await Log.DisposeAsync();
        Connection.Dispose();
        _database.Dispose();
        _catalog.Dispose();
        _services.Dispose();
        Directory.Delete(_directory.Path, recursive: true);
    }

    private LakeTables NewTables() =>
        LakeTables.Open(Catalog, Objects, new Author(_time, new Random(1000 + _seed++), "test"));

    private static string NullRow(LakeTable table) => string.Join(", ", table.Schema.Fields.Select(field =>
        string.Create(CultureInfo.InvariantCulture, $"NULL AS {field.Name}")));
}
