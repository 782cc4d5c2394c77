using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class PlannerTests
{
    private const int Tenant = 1;
    private const int EventTime = 2;
    private const int Amount = 3;
    private readonly World _world = new();

    private async Task<Table> ThreeDaysAsync()
    {
        await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));
        await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(2)]));
        return await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(3)]));
    }

    public static TheoryData<Condition, int[]> Conditions => new()
    {
        { new Condition(EventTime, Comparison.GreaterOrEqual, Bounds.Long(World.Micros(2))), [2, 3] },
        { new Condition(EventTime, Comparison.Greater, Bounds.Long(World.Micros(3) - 1)), [3] },
        { new Condition(EventTime, Comparison.Less, Bounds.Long(World.Micros(2))), [1] },
        { new Condition(EventTime, Comparison.LessOrEqual, Bounds.Long(World.Micros(2))), [1, 2] },
        { new Condition(EventTime, Comparison.Equal, Bounds.Long(World.Micros(2) + 5)), [2] },
        { new Condition(EventTime, Comparison.In, [Bounds.Long(World.Micros(1)), Bounds.Long(World.Micros(3))]),
            [1, 3] },
        { new Condition(EventTime, Comparison.In, Array.Empty<byte[]>()), [] },
        { new Condition(Tenant, Comparison.Equal, Bounds.String("t2")), [2] },
        { new Condition(Tenant, Comparison.In, [Bounds.String("t1"), Bounds.String("t4")]), [1] },
        { new Condition(Amount, Comparison.LessOrEqual, Bounds.Double(0)), [1, 2, 3] },
        { new Condition(Amount, Comparison.Less, Bounds.Double(0)), [] },
        { new Condition(Amount, Comparison.Equal, Bounds.Double(25)), [3] },
        // DuckDB counts NaN as greater than every number, and nothing says that a file holds none.
        { new Condition(Amount, Comparison.Greater, Bounds.Double(1000)), [1, 2, 3] },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task Files_that_cannot_match_are_left_out(Condition condition, int[] days)
    {
        Table table = await ThreeDaysAsync();
        var planner = new Planner(_world.Store);

        IReadOnlyList<DataFile> files = await planner.PlanAsync(table, new Predicate([condition]), default);

        files.Select(file => (int)Bounds.Decode(FieldType.Date, file.Partition[0]!)!).Order().ShouldBe(days);
    }

    [Fact]
    public async Task Manifests_outside_the_days_asked_for_are_not_opened()
    {
        Table table = await ThreeDaysAsync();
        int before = _world.Objects.Operations;

        await _world.PlanAsync(
            table, new Condition(EventTime, Comparison.GreaterOrEqual, Bounds.Long(World.Micros(3))));

        (_world.Objects.Operations - before).ShouldBe(2, "the list and one manifest");
    }

    [Fact]
    public async Task Decoded_manifests_are_kept_up_to_a_bound()
    {
        Table table = await ThreeDaysAsync();
        await _world.PlanAsync(table);
        int before = _world.Objects.Operations;
        await _world.PlanAsync(table);
        (_world.Objects.Operations - before).ShouldBe(1, "only the list, which a new planner reads");

        var tight = new TableStore(_world.Objects, _world.Store.Author, manifestCacheBytes: 1);
        before = _world.Objects.Operations;
        await new Planner(tight).PlanAsync(table, Predicate.All, default);
        await new Planner(tight).PlanAsync(table, Predicate.All, default);
        (_world.Objects.Operations - before).ShouldBe(8, "nothing fits the cache");
    }

    [Fact]
    public async Task A_planner_reads_a_list_once_and_sees_a_later_commit()
    {
        Table table = await ThreeDaysAsync();
        var planner = new Planner(_world.Store);
        await planner.PlanAsync(table, Predicate.All, default);
        int before = _world.Objects.Operations;
        await planner.PlanAsync(table, Predicate.All, default);
        _world.Objects.Operations.ShouldBe(before);

        Table later = await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(4)]));
        (await planner.PlanAsync(later, Predicate.All, default)).Count.ShouldBe(4);
        (await planner.PlanAsync(table, Predicate.All, default)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_earlier_snapshot_shows_its_own_files()
    {
        Table table = await ThreeDaysAsync();
        Snapshot first = table.Metadata.Snapshots[0];

        IReadOnlyList<DataFile> files = await new Planner(_world.Store).PlanAsync(table, first, Predicate.All, default);

        files.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_column_that_is_null_throughout_matches_nothing()
    {
        DataFile file = _world.DataFile(1) with
        {
            NullCounts = new Dictionary<int, long> { [1] = 10 },
            LowerBounds = new Dictionary<int, byte[]>(),
            UpperBounds = new Dictionary<int, byte[]>(),
        };
        Table table = await _world.CommitAsync(World.Creation(World.Events).Append([file]));

        (await _world.PlanAsync(table, new Condition(Tenant, Comparison.Equal, Bounds.String("t1")))).ShouldBeEmpty();
        (await _world.PlanAsync(table)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(Comparison.GreaterOrEqual, 3)]
    [InlineData(Comparison.LessOrEqual, 1)]
    public async Task A_file_without_bounds_is_left_out_by_its_day(Comparison comparison, int day)
    {
        DataFile Bare(int on) => _world.DataFile(on) with
        {
            LowerBounds = new Dictionary<int, byte[]>(), UpperBounds = new Dictionary<int, byte[]>(),
        };
        Table table = await _world.CommitAsync(World.Creation(World.Events).Append([Bare(1), Bare(3)]));

        IReadOnlyList<DataFile> files = await new Planner(_world.Store).PlanAsync(
            table, new Predicate([new Condition(EventTime, comparison, Bounds.Long(World.Micros(2)))]), default);

        Bounds.Decode(FieldType.Date, files.ShouldHaveSingleItem().Partition[0]!).ShouldBe(day);
    }

    [Fact]
    public async Task Rows_whose_time_is_null_are_found_only_without_a_time()
    {
        DataFile file = _world.DataFile(1) with { Partition = [null], NullCounts = new Dictionary<int, long>() };
        Table table = await _world.CommitAsync(World.Creation(World.Events).Append([file]));

        (await _world.PlanAsync(table)).ShouldHaveSingleItem();
        (await _world.PlanAsync(
            table, new Condition(EventTime, Comparison.Less, Bounds.Long(World.Micros(9))))).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_table_has_no_files() =>
        (await _world.PlanAsync(await _world.CommitAsync(World.Creation(World.Events)))).ShouldBeEmpty();
}
