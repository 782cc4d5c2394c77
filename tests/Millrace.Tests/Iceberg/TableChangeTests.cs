using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class TableChangeTests
{
    private readonly World _world = new();

    [Fact]
    public async Task A_new_table_with_files_is_planned_whole()
    {
        DataFile[] files = [_world.DataFile(1), _world.DataFile(2)];

        Table table = await _world.CommitAsync(World.Creation(World.Events).Append(files));

        Snapshot snapshot = table.Metadata.CurrentSnapshot!;
        snapshot.SequenceNumber.ShouldBe(1);
        snapshot.ParentId.ShouldBeNull();
        snapshot.Id.ShouldBeInRange(1, (1L << 53) - 1);
        snapshot.Summary["operation"].ShouldBe("append");
        snapshot.Summary["added-records"].ShouldBe("20");
        snapshot.Summary["total-data-files"].ShouldBe("2");
        snapshot.Summary["total-files-size"].ShouldBe("2");
        (await _world.PlanAsync(await _world.LoadAsync(World.Events))).ShouldBe(files.Select(file => file.Path));
    }

    [Fact]
    public async Task An_append_keeps_earlier_manifests_as_they_are()
    {
        Table first = await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));
        Table second = await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(2)]));

        ManifestFile old = (await _world.Store.ReadListAsync(first.Metadata.CurrentSnapshot, default)).Single();
        List<ManifestFile> manifests = await _world.Store.ReadListAsync(second.Metadata.CurrentSnapshot, default);

        manifests.Count.ShouldBe(2);
        manifests[0].SequenceNumber.ShouldBe(2);
        manifests[1].ShouldBeEquivalentTo(old);
        second.Metadata.CurrentSnapshot!.ParentId.ShouldBe(first.Metadata.CurrentSnapshotId);
        second.Metadata.MetadataLog.Single().MetadataFile.ShouldBe(first.MetadataLocation);
        second.MetadataLocation.ShouldStartWith("file:///lake/events/metadata/00001-");
    }

    [Fact]
    public async Task A_replacement_keeps_sequence_numbers_of_what_stays_and_drops_old_deletions()
    {
        DataFile[] files = [_world.DataFile(1), _world.DataFile(1), _world.DataFile(2)];
        await _world.CommitAsync(World.Creation(World.Events).Append(files));
        DataFile merged = _world.DataFile(1, rows: 20);

        Table table = await _world.CommitAsync(new TableChange(World.Events).Replace(files[..2], [merged]));

        List<ManifestFile> manifests = await _world.Store.ReadListAsync(table.Metadata.CurrentSnapshot, default);
        Manifest rewritten = await _world.Store.Manifests.GetAsync(manifests[1], default);
        rewritten.Entries.Count(entry => entry.Status == EntryStatus.Deleted).ShouldBe(2);
        rewritten.Entries.ShouldAllBe(entry => entry.SequenceNumber == 1 && entry.FileSequenceNumber == 1);
        manifests[1].MinSequenceNumber.ShouldBe(1);
        table.Metadata.CurrentSnapshot!.Summary["total-records"].ShouldBe("30");
        (await _world.PlanAsync(table)).ShouldBe([files[2].Path, merged.Path]);

        Table next = await _world.CommitAsync(new TableChange(World.Events).Delete([files[2]]));
        Table last = await _world.CommitAsync(new TableChange(World.Events).AppendEmpty());
        (await _world.Store.ReadListAsync(next.Metadata.CurrentSnapshot, default)).Count.ShouldBe(2);
        (await _world.Store.ReadListAsync(last.Metadata.CurrentSnapshot, default)).ShouldHaveSingleItem()
            .LiveFiles.ShouldBe(1);
    }

    [Fact]
    public async Task Removing_a_file_twice_is_refused_and_leaves_no_files_behind()
    {
        DataFile file = _world.DataFile(1);
        await _world.CommitAsync(World.Creation(World.Events).Append([file, _world.DataFile(1)]));
        await _world.CommitAsync(new TableChange(World.Events).Delete([file]));
        IReadOnlyCollection<string> before = _world.Objects.Locations;

        await Should.ThrowAsync<StaleChangeException>(
            () => _world.CommitAsync(new TableChange(World.Events).Delete([file])));

        _world.Objects.Locations.ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public void A_replacement_that_loses_rows_is_refused() => Should.Throw<ArgumentException>(() =>
        new TableChange(World.Events).Replace([_world.DataFile(1, rows: 2)], [_world.DataFile(1, rows: 1)]));

    [Fact]
    public async Task A_file_without_rows_is_refused() => await Should.ThrowAsync<ArgumentException>(() =>
        _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1, rows: 0)])));

    [Fact]
    public async Task Creating_a_table_twice_is_refused()
    {
        await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));

        await Should.ThrowAsync<StaleChangeException>(() => _world.CommitAsync(World.Creation(World.Events)));
    }

    [Fact]
    public async Task A_partition_field_may_not_have_the_name_of_a_column()
    {
        var spec = new PartitionSpec(0, [new PartitionField(2, 1000, "event_time", Transforms.Day)]);
        TableChange creation = TableChange.Create(World.Events,
            new TableDefinition("file:///lake/events", World.Schema) { Spec = spec });

        await Should.ThrowAsync<ArgumentException>(() => _world.CommitAsync(creation));
    }

    [Fact]
    public async Task A_new_column_gets_a_new_id_and_adding_it_again_changes_nothing()
    {
        await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));
        TableChange change = new TableChange(World.Events).AddColumns([new NewColumn("city", FieldType.String)]);

        Table table = await _world.CommitAsync(change);
        Table again = await _world.CommitAsync(change);

        table.Metadata.Schema.Find("city")!.Id.ShouldBe(4);
        table.Metadata.Schemas.Select(schema => schema.Id).ShouldBe([0, 1]);
        table.Metadata.Snapshots.Count.ShouldBe(1);
        again.MetadataLocation.ShouldBe(table.MetadataLocation);
        await Should.ThrowAsync<StaleChangeException>(() => _world.CommitAsync(
            new TableChange(World.Events).AddColumns([new NewColumn("city", FieldType.Long)])));
    }

    [Fact]
    public async Task Time_never_runs_backwards_in_a_table()
    {
        Table first = await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));
        _world.Clock.Now -= TimeSpan.FromHours(1);

        Table second = await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(1)]));

        second.Metadata.LastUpdatedMs.ShouldBe(first.Metadata.LastUpdatedMs);
        second.Metadata.CurrentSnapshot!.TimestampMs.ShouldBe(first.Metadata.LastUpdatedMs);
    }

    [Fact]
    public async Task Only_the_last_hundred_metadata_files_are_remembered()
    {
        Table table = await _world.CommitAsync(World.Creation(World.Events));
        for (int number = 0; number < 102; number++)
        {
            table = await _world.CommitAsync(new TableChange(World.Events)
                .SetProperties(new Dictionary<string, string> { ["number"] = $"{number}" }));
        }

        table.Metadata.MetadataLog.Count.ShouldBe(100);
        table.MetadataLocation.ShouldContain("/00102-");
    }
}
