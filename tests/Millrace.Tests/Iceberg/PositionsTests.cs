using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class PositionsTests
{
    private const string Key = Positions.KeyPrefix + "n1";
    private readonly World _world = new();

    private Task<Table> CreateAsync(string offset) => _world.CommitAsync(
        World.Creation(World.Events).Append([_world.DataFile(1)]).SetSummary(Key, offset));

    [Fact]
    public async Task A_commit_sets_the_position_in_summary_and_property()
    {
        Table table = await CreateAsync("100");

        table.Metadata.CurrentSnapshot!.Summary[Key].ShouldBe("100");
        table.Metadata.Properties[Key].ShouldBe("1:100");
        Positions.Read(table.Metadata, "n1").ShouldBe(100);
        Positions.Read(table.Metadata, "n2").ShouldBeNull();
    }

    [Fact]
    public async Task Every_kind_of_commit_carries_positions_forward()
    {
        Table table = await CreateAsync("100");
        DataFile file = (await new Planner(_world.Store).PlanAsync(table, Predicate.All, default)).Single();
        DataFile second = _world.DataFile(1);
        DataFile third = _world.DataFile(1, rows: 3);
        TableChange[] changes =
        [
            new TableChange(World.Events).Replace([file], [second]),
            new TableChange(World.Events).Overwrite([second], [third]),
            new TableChange(World.Events).Append([_world.DataFile(2)]),
            new TableChange(World.Events).Delete([third]),
            new TableChange(World.Events).AppendEmpty(),
            new TableChange(World.Events).Append([_world.DataFile(2)]),
            new TableChange(World.Events).MergeManifests(minCount: 2),
        ];

        foreach (TableChange change in changes)
        {
            table = await _world.CommitAsync(change);
            table.Metadata.CurrentSnapshot!.Summary[Key].ShouldBe("100");
            table.Metadata.Properties[Key].ShouldBe($"{table.Metadata.LastSequenceNumber}:100");
        }
        table.Metadata.LastSequenceNumber.ShouldBe(8);
    }

    [Fact]
    public async Task A_position_alone_makes_a_snapshot_without_files()
    {
        await CreateAsync("100");

        Table table = await _world.CommitAsync(new TableChange(World.Events).SetSummary(Key, "150"));

        table.Metadata.Snapshots.Count.ShouldBe(2);
        table.Metadata.CurrentSnapshot!.Summary["total-records"].ShouldBe("10");
        Positions.Read(table.Metadata, "n1").ShouldBe(150);
    }

    [Fact]
    public async Task A_table_without_snapshots_keeps_the_position_as_a_property()
    {
        Table table = await _world.CommitAsync(World.Creation(World.Events).SetSummary(Key, "40"));
        table.Metadata.Properties[Key].ShouldBe("0:40");
        table.Metadata.Snapshots.ShouldBeEmpty();
        Positions.Read(table.Metadata, "n1").ShouldBe(40);

        table = await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(1)]));
        table.Metadata.CurrentSnapshot!.Summary[Key].ShouldBe("40");
    }

    [Fact]
    public async Task A_foreign_commit_hides_nothing_even_after_the_history_is_gone()
    {
        TableMetadata metadata = WithForeignCommit((await CreateAsync("100")).Metadata);
        Positions.Read(metadata, "n1").ShouldBe(100);

        TableMetadata cut = metadata with { Snapshots = [metadata.CurrentSnapshot!], SnapshotLog = [] };
        Positions.Read(cut, "n1").ShouldBe(100);
    }

    [Fact]
    public async Task A_rollback_is_followed()
    {
        Table first = await CreateAsync("100");
        TableMetadata second =
            (await _world.CommitAsync(new TableChange(World.Events).SetSummary(Key, "200"))).Metadata;

        TableMetadata rolledBack = second with { CurrentSnapshotId = first.Metadata.CurrentSnapshotId };

        Positions.Read(rolledBack, "n1").ShouldBe(100);
    }

    [Fact]
    public async Task A_rollback_behind_all_known_positions_asks_a_person()
    {
        TableMetadata metadata = (await CreateAsync("100")).Metadata;
        Snapshot bare = metadata.CurrentSnapshot! with { Summary = new Dictionary<string, string>() };
        TableMetadata rolledBack = metadata with
        {
            Snapshots = [bare],
            Properties = new Dictionary<string, string> { [Key] = "3:300" },
        };

        Should.Throw<IcebergUnsupportedException>(() => Positions.Read(rolledBack, "n1"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1:2:3")]
    [InlineData("0:-5")]
    public void A_garbled_property_is_refused(string text)
    {
        TableMetadata metadata =
            new TableDefinition("file:///lake/t", World.Schema).ToMetadata(_world.Store.Author) with
        {
            Properties = new Dictionary<string, string> { [Key] = text },
        };

        Should.Throw<IcebergFormatException>(() => Positions.Read(metadata, "n1"));
    }

    private static TableMetadata WithForeignCommit(TableMetadata metadata)
    {
        Snapshot foreign = metadata.CurrentSnapshot! with
        {
            Id = 77,
            ParentId = metadata.CurrentSnapshotId,
            SequenceNumber = 2,
            Summary = new Dictionary<string, string> { ["operation"] = "append" },
        };
        return metadata with
        {
            Snapshots = [.. metadata.Snapshots, foreign], CurrentSnapshotId = 77, LastSequenceNumber = 2,
        };
    }
}
