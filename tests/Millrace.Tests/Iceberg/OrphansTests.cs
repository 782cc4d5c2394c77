using System.Text;
using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class OrphansTests
{
    private const string Metadata = "file:///lake/events/metadata";

    private readonly World _world = new();

    private Orphans Orphans => new(_world.Catalog, _world.Store);

    [Fact]
    public async Task What_no_snapshot_names_is_found_and_nothing_else()
    {
        DataFile[] old = [_world.DataFile(1), _world.DataFile(1)];
        await _world.CommitAsync(World.Creation(World.Events).Append(old));
        await _world.CommitAsync(new TableChange(World.Events).Replace(old, [_world.DataFile(1, rows: 20)]));
        var known = _world.Objects.Locations;
        (await FindAsync()).ShouldBeEmpty("the first snapshot still has its files");
        string[] left =
        [
            $"{Metadata}/snap-7-1-abc.avro", $"{Metadata}/abc-m0.avro", $"{Metadata}/00009-abc.metadata.json",
            "file:///lake/events/data/year=2026/lost.parquet", "file:///lake/events/data/half.parquet.part",
        ];
        string[] others =
        [
            $"{Metadata}/version-hint.text", "file:///lake/events/data/notes.txt", "file:///lake/events/a.parquet",
            "file:///lake/events2/data/b.parquet",
        ];
        foreach (string location in left.Concat(others))
        {
            _world.Objects[location] = [1];
        }

        IReadOnlyList<string> found = await FindAsync();

        found.ShouldBe(left, ignoreOrder: true);
        known.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Files_of_expired_snapshots_are_found_once_nothing_names_them()
    {
        DataFile old = _world.DataFile(1);
        Table before = await _world.CommitAsync(World.Creation(World.Events).Append([old]));
        await _world.CommitAsync(new TableChange(World.Events).Delete([old]));
        await _world.CommitAsync(new TableChange(World.Events).Append([_world.DataFile(2)]));
        _world.Clock.Now += TimeSpan.FromDays(1);
        Table after = await _world.CommitAsync(new TableChange(World.Events).ExpireSnapshots(1, _world.Clock.Now));

        // The process that committed the expiry has died before it deleted anything.
        IReadOnlyList<string> found = await FindAsync();

        IReadOnlyList<string> deletable = await new Expiry(_world.Store).DeletableAsync(before, after, default);
        found.ShouldContain(old.Path);
        deletable.Where(file => !file.EndsWith(".metadata.json")).Except(found).ShouldBeEmpty();
        await new Expiry(_world.Store).DeleteAsync(found, default);
        (await IntegrityCheck.RunAsync(after, _world.Objects, default)).ShouldBeEmpty();
        (await FindAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("file:/lake/events/data/")]
    [InlineData("file:////lake/events/data/")]
    public async Task A_file_that_another_engine_spells_differently_is_no_orphan(string folder)
    {
        DataFile file = _world.DataFile(1);
        await _world.CommitAsync(World.Creation(World.Events).Append(
            [file with { Path = folder + file.Path.Split('/')[^1] }]));

        (await FindAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_the_metadata_names_in_a_way_we_do_not_know_is_no_orphan()
    {
        Table table = await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));
        const string Statistics = "file:///lake/events/data/partition-stats-5.parquet";
        _world.Objects[Statistics] = [1];
        (await FindAsync()).ShouldBe([Statistics]);
        string text = Encoding.UTF8.GetString(TableMetadataJson.Format(table.Metadata, table.MetadataLocation));
        const string Location = $"{Metadata}/00042-other.metadata.json";
        _world.Objects[Location] = Encoding.UTF8.GetBytes(text.Replace(
            "\"format-version\"", $$"""
            "partition-statistics":[{"snapshot-id":1,"statistics-path":"{{Statistics}}","file-size-in-bytes":1}],"format-version"
            """, StringComparison.Ordinal));
        await _world.Catalog.CommitAsync(
            new CatalogCommit([new TableSwap(World.Events, table.MetadataLocation, Location)], []), default);

        (await FindAsync()).ShouldNotContain(Statistics);
    }

    [Fact]
    public async Task Nothing_is_an_orphan_where_garbage_collection_is_off_or_the_table_cannot_be_read()
    {
        Table table = await _world.CommitAsync(World.Creation(World.Events).Append([_world.DataFile(1)]));
        _world.Objects["file:///lake/events/data/lost.parquet"] = [1];
        (await FindAsync()).Count.ShouldBe(1);
        ManifestFile manifest =
            (await _world.Store.ReadListAsync(table.Metadata.CurrentSnapshot, default)).ShouldHaveSingleItem();
        byte[] bytes = _world.Objects[manifest.Path];
        _world.Objects[manifest.Path] = bytes[..^3];
        var afresh = new Orphans(_world.Catalog, new TableStore(_world.Objects, _world.Store.Author));
        await Should.ThrowAsync<IcebergFormatException>(
            () => afresh.FindAsync(World.Events, DateTimeOffset.MaxValue, default));
        _world.Objects[manifest.Path] = bytes;

        await _world.CommitAsync(new TableChange(World.Events)
            .SetProperties(new Dictionary<string, string> { ["gc.enabled"] = "false" }));

        (await FindAsync()).ShouldBeEmpty();
    }

    private async Task<IReadOnlyList<string>> FindAsync() =>
        await Orphans.FindAsync(World.Events, DateTimeOffset.MaxValue, default);
}
