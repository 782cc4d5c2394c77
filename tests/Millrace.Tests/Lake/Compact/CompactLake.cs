using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Tests.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake.Compact;

/// <summary>A lake whose commits are given as SQL, to be compacted.</summary>
internal sealed class CompactLake : IDisposable
{
    public const string Node = "00000000000000aa";

    private readonly ScratchDirectory _scratch = new();
    private readonly Database _database = Database.Open(null);
    private readonly Connection _connection;
    private readonly Zstd _zstd = new(1);
    private readonly Random _random = new(1);
    private readonly LocalStore _objects;
    private int _commits;

    public CompactLake()
    {
        _connection = _database.Connect();
        _connection.Execute("SET TimeZone = 'UTC'");
        _objects = new LocalStore(Disk, _scratch.In("lake"));
        Tables = LakeTables.Open(Catalog, _objects, new Author(new ManualTime(), _random, "test"));
        Directory.CreateDirectory(_scratch.In("tmp"));
        Directory.CreateDirectory(_scratch.In("compact"));
    }

    public FaultyDisk Disk { get; } = new();

    public MemoryCatalog Catalog { get; } = new();

    public LakeTables Tables { get; }

    public CompactionOptions Options { get; set; } = new() { RowBytesMax = 1 << 20 };

    public CompactorParts Parts => new(Tables, Disk, _scratch.In("compact")) { Random = _random };

    public string Data(LakeTable table) => _scratch.In($"lake/{table.Name}/data");

    /// <summary>Commits rows as the lake does.</summary>
    /// <param name="select">Columns that it leaves out are null.</param>
    /// <param name="hour">Hours since 1970 of the newest record; null: no file has an hour of its own.</param>
    public async Task CommitAsync(LakeTable table, string select, long? hour = null)
    {
        await Tables.CreateMissingAsync(default);
        var rows = new LakeRows(table);
        var columns = string.Join(", ", table.Schema.Fields.Select(
            field => $"NULL::{LakeSql.TypeOf(field)} AS {Sql.Name(field.Name)}"));
        using (var result = _connection.Query(
            $"SELECT * FROM (SELECT {columns} WHERE false) UNION ALL BY NAME ({select})"))
        {
            RowLoader.Load(result, rows);
        }
        var position = (++_commits).ToString(CultureInfo.InvariantCulture);
        var target = new FilesToWrite(Tables.Location(table), $"{Node}-{_commits}-{_commits + 1}", hour);
        var files = await new DataFileWriter(
            new ParquetWriter(Disk, _zstd), _objects, new ScratchFolder(Disk, _scratch.In("tmp")), _random)
            .WriteAsync(rows, target, [], default);
        var change = new TableChange(table.TableName).Append(files).SetSummary(Positions.KeyPrefix + Node, position);
        await new Transaction(Catalog, Tables.Store).CommitAsync(new TransactionRequest([change]), default);
    }

    public async Task<Table> TableAsync(LakeTable table) =>
        await Table.LoadAsync(Catalog, table.TableName, _objects, default) ?? throw new InvalidOperationException();

    public async Task<IReadOnlyList<DataFile>> FilesAsync(LakeTable table) =>
        await new Planner(Tables.Store).PlanAsync(await TableAsync(table), Predicate.All, default);

    /// <summary>What is due, if no hour or day rests.</summary>
    public async Task<IReadOnlyList<CompactionJob>> JobsAsync(LakeTable table, DateTime now) =>
        new CompactionPlan(table, Options).Jobs(
            await FilesAsync(table), (now - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, _ => SlotRest.None);

    /// <summary>Compacts until nothing is due.</summary>
    /// <returns>Jobs carried out.</returns>
    public async Task<int> CompactAsync(LakeTable table, DateTime now)
    {
        var done = 0;
        while (await JobsAsync(table, now) is { Count: > 0 } jobs)
        {
            foreach (var job in jobs)
            {
                await RunAsync(job);
                done++;
            }
            done.ShouldBeLessThan(1000);
        }
        return done;
    }

    public async Task<Compacted> RunAsync(CompactionJob job, CancellationToken ct = default)
    {
        using var compactor = new Compactor(Parts, Options);
        return await compactor.RunAsync(job, ct);
    }

    public List<object?[]> Query(string sql)
    {
        using var result = _connection.Query(sql);
        return [.. result.Rows()];
    }

    /// <summary>Keeps all rows of a table under a name.</summary>
    public async Task KeepAsync(LakeTable table, string name) =>
        _connection.Execute($"CREATE OR REPLACE TABLE {name} AS FROM {await SourceAsync(table)}");

    /// <summary>Rows that a kept table has and the lake has not, or the other way round.</summary>
    public async Task<long> DifferencesAsync(LakeTable table, string name)
    {
        var source = await SourceAsync(table);
        return _connection.Scalar<long>($"""
            SELECT count(*) FROM ((FROM {name} EXCEPT ALL FROM {source}) UNION ALL (FROM {source} EXCEPT ALL FROM {name}))
            """);
    }

    /// <summary>Checks files, metadata, and the order of the rows in each file.</summary>
    public async Task CheckAsync(LakeTable table)
    {
        (await IntegrityCheck.RunAsync(await TableAsync(table), _objects, default)).ShouldBeEmpty();
        foreach (var file in await FilesAsync(table))
        {
            var path = _objects.LocalPath(file.Path);
            DataFileName.IsSound(path).ShouldBeTrue();
            var order = string.Join(", ", table.Order.Select(column => column + " NULLS FIRST"));
            _connection.Scalar<long>($"""
                SELECT count(*) FROM (
                    SELECT file_row_number AS place, row_number() OVER (ORDER BY {order}, file_row_number) - 1 AS sorted
                    FROM read_parquet('{path}', file_row_number = true)) WHERE place <> sorted
                """).ShouldBe(0, path);
        }
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _connection.Dispose();
        _database.Dispose();
        _scratch.Dispose();
    }

    private async Task<string> SourceAsync(LakeTable table) =>
        $"read_parquet({Sql.List((await FilesAsync(table)).Select(file => _objects.LocalPath(file.Path)))}, "
        + "hive_partitioning = false)";
}
