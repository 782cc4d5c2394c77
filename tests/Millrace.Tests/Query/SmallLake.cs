using System.Globalization;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Query;
using Millrace.Tests.Iceberg;

namespace Millrace.Tests.Query;

/// <summary>A lake in a temporary directory: rows given as SQL become Parquet files, one for each day of a
/// commit.</summary>
internal sealed class SmallLake : IDisposable
{
    public const string Node = "00000000000000aa";

    private readonly Database _database = Database.Open(null);
    private readonly Connection _connection;
    private readonly MemoryCatalog _catalog = new();
    private readonly TableStore _store;
    private int _files;

    public SmallLake()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("millrace-query-").FullName;
        _connection = _database.Connect();
        _connection.Execute("SET TimeZone = 'UTC'");
        _store = new TableStore(
            new LocalStore(new PosixDisk(), Directory), new Author(TimeProvider.System, new Random(1), "0.1"));
        foreach (var table in LakeTable.All)
        {
            _connection.Execute($"CREATE TABLE {table.Name} ({Columns(table)})");
        }
    }

    public string Directory { get; }

    /// <summary>A column that the next files lack, as files of an older schema do.</summary>
    public string? ColumnLeftOut { get; set; }

    public LakeReader Reader => new(_catalog, _store, Directory);

    private string HotDirectory => Path.Combine(Directory, "hot");

    public QueryRunner Runner(QueryOptions? options = null) =>
        new(Reader, options ?? new QueryOptions(), Path.Combine(Directory, "tmp"), TimeProvider.System);

    /// <summary>Commits rows with the columns that a SELECT names.</summary>
    public async Task<IReadOnlyList<string>> CommitAsync(LakeTable table, string select, long position = 0)
    {
        Fill(table, select);
        var days = _connection.Query($"SELECT DISTINCT CAST({table.TimeColumn} AS DATE) AS day FROM {table.Name} ORDER BY day");
        List<DataFile> files = [.. days.Rows().Select(row => Write(table, (DateOnly)row[0]!))];
        var isNew = await _catalog.LoadAsync(table.TableName, default) is null;
        var change = isNew
            ? TableChange.Create(table.TableName, new TableDefinition(Location(table), table.Schema)
            {
                Spec = table.Partition, SortOrder = table.SortOrder,
            })
            : new TableChange(table.TableName);
        change.Append(files).SetSummary(
            Positions.KeyPrefix + Node, position.ToString(CultureInfo.InvariantCulture));
        await new Transaction(_catalog, _store).CommitAsync(new TransactionRequest([change]), default);
        return [.. files.Select(file => _store.Objects.LocalPath(file.Path))];
    }

    /// <summary>Gives a table another schema, as another engine may.</summary>
    public Task EvolveAsync(LakeTable table)
    {
        var change = new TableChange(table.TableName).AddColumns([new NewColumn("extra", FieldType.String)]);
        return new Transaction(_catalog, _store).CommitAsync(new TransactionRequest([change]), default);
    }

    /// <summary>Writes a hot segment.</summary>
    public string Hot(LakeTable table, string select, (long First, long End) range)
    {
        Fill(table, select);
        System.IO.Directory.CreateDirectory(Path.Combine(HotDirectory, table.Name));
        var path = Path.Combine(HotDirectory, table.Name, $"{Node}-{range.First}-{range.End}.parquet");
        _connection.Execute($"COPY {table.Name} TO '{path}' (FORMAT parquet)");
        return path;
    }

    /// <summary>All rows of a query; fails the test if it is refused.</summary>
    public static async Task<List<object?[]>> RowsAsync(QueryRunner runner, string sql, params object?[] parameters)
    {
        using var query = await runner.StartAsync(new QueryRequest(sql, parameters), default);
        return await RowsAsync(query);
    }

    public static async Task<List<object?[]>> RowsAsync(RunningQuery query)
    {
        var rows = new List<object?[]>();
        while (await query.NextAsync() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var at = row;
                rows.Add([.. Enumerable.Range(0, query.Columns.Count).Select(column => chunk.Column(column).Value(at))]);
            }
        }
        return rows;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private string Location(LakeTable table) => LocalStore.LocationOf(Path.Combine(Directory, "lake", table.Name));

    private void Fill(LakeTable table, string select) =>
        _connection.Execute($"DELETE FROM {table.Name}; INSERT INTO {table.Name} BY NAME {select}");

    private DataFile Write(LakeTable table, DateOnly day)
    {
        var path = Path.Combine(Directory, "lake", table.Name, "data", $"{_files++}.parquet");
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fields = table.Schema.Fields.Where(field => field.Name != ColumnLeftOut).ToList();
        var columns = string.Join(", ", fields.Select(field => $"\"{field.Name}\""));
        var ids = string.Join(", ", fields.Select(field => $"\"{field.Name}\": {field.Id}"));
        using var result = _connection.Query($$"""
            COPY (SELECT {{columns}} FROM {{table.Name}} WHERE CAST({{table.TimeColumn}} AS DATE) = '{{day:yyyy-MM-dd}}'
                ORDER BY {{string.Join(", ", table.Order)}})
            TO '{{path}}' (FORMAT parquet, RETURN_STATS, FIELD_IDS { {{ids}} })
            """);
        var names = result.Columns.Select(column => column.Name).ToList();
        var row = result.Rows().Single();
        var statistics = (IReadOnlyDictionary<object, object?>)row[names.IndexOf("column_statistics")]!;
        return new DataFile
        {
            Path = LocalStore.LocationOf(path),
            RecordCount = Convert.ToInt64(row[names.IndexOf("count")], CultureInfo.InvariantCulture),
            SizeBytes = new FileInfo(path).Length,
            Partition = [Bounds.Int(day.DayNumber - new DateOnly(1970, 1, 1).DayNumber)],
        }.With(DataFileStatistics.FromDuckDb(Texts(statistics), table.Schema));
    }

    private static string FieldIds(LakeTable table) =>
        "{" + string.Join(", ", table.Schema.Fields.Select(field => $"{field.Name}: {field.Id}")) + "}";

    private static string Columns(LakeTable table) => string.Join(", ", table.Schema.Fields.Select(field =>
        $"\"{field.Name}\" " + ((PrimitiveType)field.Type).Kind switch
        {
            PrimitiveKind.String => "VARCHAR",
            PrimitiveKind.TimestampTz => "TIMESTAMPTZ",
            PrimitiveKind.Double => "DOUBLE",
            PrimitiveKind.Boolean => "BOOLEAN",
            PrimitiveKind.Long => "BIGINT",
            PrimitiveKind.Int => "INTEGER",
            PrimitiveKind.Binary => "BLOB",
            _ => throw new NotSupportedException(field.Name),
        }));

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Texts(IReadOnlyDictionary<object, object?> columns) =>
        columns.ToDictionary(column => (string)column.Key, column => (IReadOnlyDictionary<string, string>)
            ((IReadOnlyDictionary<object, object?>)column.Value!).Where(text => text.Value is not null)
            .ToDictionary(text => (string)text.Key, text => (string)text.Value!));
}
