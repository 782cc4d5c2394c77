using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class MaintenanceTests
{
    private readonly World _world = new();

    private async Task<Table> AppendAsync(int count)
    {
        Table table = await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(0)]));
        for (int number = 1; number < count; number++)
        {
            table = await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(number % 7)]));
        }
        return table;
    }

    private async Task ShouldBeSoundAsync(Table table) =>
        (await IntegrityCheck.RunAsync(table, _world.Objects, default)).ShouldBeEmpty();

    [Fact]
    public async Task Merging_keeps_rows_and_original_sequence_numbers()
    {
        Table before = await AppendAsync(100);
        IReadOnlyList<string> files = await _world.PlanAsync(before);

        Table after = await _world.CommitAsync(new TableChange(World.Events).MergeManifests());

        ManifestFile merged =
            (await _world.Store.ReadListAsync(after.Metadata.CurrentSnapshot, default)).ShouldHaveSingleItem();
        Manifest manifest = await _world.Store.Manifests.GetAsync(merged, default);
        manifest.Entries.Select(entry => (int)entry.SequenceNumber!.Value).Order().ShouldBe(Enumerable.Range(1, 100));
        manifest.Entries
            .Select(entry => (int)Bounds.Decode(FieldType.Date, entry.File.Partition[0]!)!).ShouldBeInOrder();
        merged.MinSequenceNumber.ShouldBe(1);
        after.Metadata.CurrentSnapshot!.Summary["operation"].ShouldBe("replace");
        (await _world.PlanAsync(after)).ShouldBe(files);
        await ShouldBeSoundAsync(after);
    }

    [Fact]
    public async Task Few_manifests_are_not_merged()
    {
        Table before = await AppendAsync(5);

        Table after = await _world.CommitAsync(new TableChange(World.Events).MergeManifests(minCount: 6));

        after.MetadataLocation.ShouldBe(before.MetadataLocation);
    }

    [Fact]
    public async Task Merged_manifests_hold_at_most_a_thousand_files()
    {
        Table table = await _world.CommitAsync(World.Creation(World.Events));
        for (int number = 0; number < 26; number++)
        {
            table = await _world.CommitAsync(new TableChange(World.Events)
                .Append([.. Enumerable.Range(0, 90).Select(day => _world.DataFile(day))]));
        }

        table = await _world.CommitAsync(new TableChange(World.Events).MergeManifests(minCount: 2));

        List<ManifestFile> manifests = await _world.Store.ReadListAsync(table.Metadata.CurrentSnapshot, default);
        manifests.Select(manifest => manifest.LiveFiles).ShouldBe([1000, 1000, 340]);
        await ShouldBeSoundAsync(table);
    }

    [Fact]
    public async Task Expiry_keeps_the_last_snapshots_and_all_that_refs_name()
    {
        Table table = await AppendAsync(5);
        _world.Clock.Now += TimeSpan.FromDays(10);
        long tagged = table.Metadata.Snapshots[1].Id;
        TableMetadata metadata = table.Metadata with
        {
            Refs = new Dictionary<string, SnapshotRef>(table.Metadata.Refs)
            {
                ["audit"] = new SnapshotRef(tagged, "tag"),
            },
        };

        TableMetadata after = new Retention(2, _world.Clock.Now.ToUnixTimeMilliseconds()).Apply(metadata);

        after.Snapshots.Select(snapshot => snapshot.SequenceNumber).ShouldBe([2, 4, 5]);
        after.SnapshotLog.Select(entry => entry.SnapshotId)
            .ShouldBe(after.Snapshots.TakeLast(2).Select(snapshot => snapshot.Id));
        after.Contradiction().ShouldBeNull();
    }

    [Fact]
    public async Task Young_snapshots_do_not_expire()
    {
        Table before = await AppendAsync(3);

        Table after = await _world.CommitAsync(
            new TableChange(World.Events).ExpireSnapshots(1, _world.Clock.Now - TimeSpan.FromHours(1)));

        after.MetadataLocation.ShouldBe(before.MetadataLocation);
    }

    [Fact]
    public async Task What_only_expired_snapshots_needed_is_deleted_and_nothing_else()
    {
        DataFile[] old = [_world.DataFile(1), _world.DataFile(1)];
        await _world.CommitAsync(World.Creation(World.Events).Append(old).SetSummary(Positions.KeyPrefix + "n1", "7"));
        Table before =
            await _world.CommitAsync(new TableChange(World.Events).Replace(old, [_world.DataFile(1, rows: 20)]));
        _world.Clock.Now += TimeSpan.FromDays(1);
        Table after = await _world.CommitAsync(new TableChange(World.Events).ExpireSnapshots(1, _world.Clock.Now));
        var expiry = new Expiry(_world.Store);

        IReadOnlyList<string> deletable = await expiry.DeletableAsync(before, after, default);
        await expiry.DeleteAsync(deletable, default);

        deletable.Count.ShouldBe(4, "two data files, the first manifest, the first list");
        deletable.ShouldContain(old[0].Path);
        Positions.Read(after.Metadata, "n1").ShouldBe(7);
        (await _world.RowsAsync(World.Events)).ShouldBe(20);
        await ShouldBeSoundAsync(after);
        (await new Expiry(new TableStore(_world.Objects, _world.Store.Author)).DeletableAsync(before, after, default))
            .ShouldBe([deletable[^1]], "an interrupted deletion is found again, without what is gone");
    }

    [Fact]
    public async Task Nothing_is_deleted_where_garbage_collection_is_off()
    {
        Table before = await AppendAsync(3);
        _world.Clock.Now += TimeSpan.FromDays(1);
        Table after = await _world.CommitAsync(new TableChange(World.Events)
            .SetProperties(new Dictionary<string, string> { ["gc.enabled"] = "false" })
            .ExpireSnapshots(1, _world.Clock.Now));

        (await new Expiry(_world.Store).DeletableAsync(before, after, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Metadata_files_that_fell_out_of_the_log_are_deletable()
    {
        Table before = await AppendAsync(101);
        Table after = await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(1)]));

        (await new Expiry(_world.Store).DeletableAsync(before, after, default))
            .ShouldBe([before.Metadata.MetadataLog[0].MetadataFile]);
    }

    [Fact]
    public async Task Damage_is_found()
    {
        Table table = await AppendAsync(2);
        List<ManifestFile> manifests = await _world.Store.ReadListAsync(table.Metadata.CurrentSnapshot, default);
        string data = (await _world.PlanAsync(table))[0];
        _world.Objects[data] = [1, 2];
        _world.Objects[manifests[0].Path] = [.. _world.Objects[manifests[0].Path], 0];

        IReadOnlyList<Finding> findings = await IntegrityCheck.RunAsync(table, _world.Objects, default);

        findings.ShouldContain(finding => finding.File == data && finding.Problem.Contains("2 bytes"));
        findings.ShouldContain(finding => finding.File == manifests[0].Path);
    }
}
