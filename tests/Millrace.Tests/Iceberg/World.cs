using Millrace.Iceberg;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Iceberg;

/// <summary>A catalog, a store and an author in memory, with a small table to work on.</summary>
internal sealed class World
{
    internal static readonly TableName Events = new("millrace", "events");
    internal static readonly TableName Failed = new("millrace", "failed_events");

    internal static readonly Schema Schema = new(0,
    [
        new Field(1, "tenant", FieldType.String),
        new Field(2, "event_time", FieldType.TimestampTz),
        new Field(3, "amount", FieldType.Double),
    ]);

    internal static readonly PartitionSpec ByDay =
        new(0, [new PartitionField(2, 1000, "event_time_day", Transforms.Day)]);

    private int _files;

    internal World(int seed = 1) => Store = new TableStore(Objects, new Author(Clock, new Random(seed), "0.1"));

    internal ImpatientClock Clock { get; } = new();

    internal FaultyStore Objects { get; } = new();

    internal MemoryCatalog Catalog { get; } = new();

    internal TableStore Store { get; }

    internal Transaction Transaction => new(Catalog, Store);

    /// <summary>A table under <c>file:///lake/NAME</c>, partitioned by day.</summary>
    internal static TableChange Creation(TableName name) => TableChange.Create(
        name, new TableDefinition($"file:///lake/{name.Name}", Schema)
        {
            Spec = ByDay,
            Properties = new Dictionary<string, string> { ["write.format.default"] = "parquet" },
        });

    /// <summary>A data file of one day: tenant is <c>tDAY</c>, amounts are 0 to 10 times the day.</summary>
    internal DataFile DataFile(int day, long rows = 10)
    {
        string path = $"file:///lake/events/data/{_files++:D5}.parquet";
        Objects[path] = [1];
        return new DataFile
        {
            Path = path,
            RecordCount = rows,
            SizeBytes = 1,
            Partition = [Bounds.Int(day)],
            ValueCounts = new Dictionary<int, long> { [1] = rows, [2] = rows, [3] = rows },
            NullCounts = new Dictionary<int, long> { [1] = 0, [2] = 0, [3] = 0 },
            LowerBounds = new Dictionary<int, byte[]>
            {
                [1] = Bounds.String($"t{day}"), [2] = Bounds.Long(Micros(day)), [3] = Bounds.Double(-0.0),
            },
            UpperBounds = new Dictionary<int, byte[]>
            {
                [1] = Bounds.String($"t{day}"), [2] = Bounds.Long(Micros(day + 1) - 1), [3] = Bounds.Double(10.0 * day),
            },
            SplitOffsets = [4],
            SortOrderId = 0,
        };
    }

    internal static long Micros(int day) => day * 86_400_000_000L;

    internal async Task<Table> CommitAsync(TableChange change) =>
        (await Transaction.CommitAsync(new TransactionRequest([change]), default)).GetValueOrDefault(change.Table)
            ?? await LoadAsync(change.Table);

    internal async Task<Table> LoadAsync(TableName name) =>
        await Table.LoadAsync(Catalog, name, Objects, default) ?? throw new InvalidOperationException($"no {name}");

    /// <summary>Paths of the live files a predicate leaves.</summary>
    internal async Task<IReadOnlyList<string>> PlanAsync(Table table, params Condition[] conditions) =>
        [.. (await new Planner(Store).PlanAsync(table, new Predicate(conditions), default)).Select(
            file => file.Path).Order()];

    /// <summary>Live rows of the current snapshot.</summary>
    internal async Task<long> RowsAsync(TableName name) =>
        (await new Planner(Store).PlanAsync(await LoadAsync(name), Predicate.All, default)).Sum(
            file => file.RecordCount);
}
