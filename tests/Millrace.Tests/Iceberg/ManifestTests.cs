using System.Text;
using System.Text.Json;
using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class ManifestTests
{
    private static readonly SnapshotStart s_start = new(42, 7, new byte[16]);
    private readonly World _world = new();
    private readonly TableMetadata _metadata;

    public ManifestTests() =>
        _metadata = new TableDefinition("file:///lake/t", World.Schema) { Spec = World.ByDay }
            .ToMetadata(_world.Store.Author);

    private DataFile FullFile() => _world.DataFile(-3) with
    {
        ColumnSizes = new Dictionary<int, long> { [1] = 100, [3] = long.MaxValue },
        NanCounts = new Dictionary<int, long> { [3] = 2 },
        KeyMetadata = [9],
        SplitOffsets = [4, 1_000_000],
        EqualityIds = [1],
    };

    [Fact]
    public void A_manifest_reads_back_as_written()
    {
        DataFile file = FullFile();
        var existing = new ManifestEntry(EntryStatus.Existing, file with { Partition = [null] })
        {
            SnapshotId = 5, SequenceNumber = 3, FileSequenceNumber = 2,
        };
        var writer = new ManifestWriter(_metadata, World.ByDay, s_start);
        writer.Added(file);
        writer.Existing(existing);
        writer.Deleted(existing);

        (byte[] bytes, ManifestFile description) = writer.Finish("file:///lake/t/metadata/m.avro");
        IReadOnlyList<ManifestEntry> entries = ManifestReader.Read(bytes, description).Entries;

        ShouldBeAlike(entries[0], new ManifestEntry(EntryStatus.Added, file) { SnapshotId = 42 });
        ShouldBeAlike(entries[1], existing);
        ShouldBeAlike(entries[2], existing with { Status = EntryStatus.Deleted, SnapshotId = 42 });
        description.LengthBytes.ShouldBe(bytes.Length);
        description.MinSequenceNumber.ShouldBe(3);
        description.Added.ShouldBe(new EntryTally(1, 10));
        description.Partitions.ShouldHaveSingleItem()
            .ShouldBeEquivalentTo(new PartitionSummary(true, false, Bounds.Int(-3), Bounds.Int(-3)));
    }

    [Fact]
    public void A_manifest_of_only_deletions_has_the_sequence_number_of_its_commit()
    {
        var writer = new ManifestWriter(_metadata, World.ByDay, s_start);
        writer.Deleted(new ManifestEntry(EntryStatus.Existing, FullFile())
        {
            SnapshotId = 5, SequenceNumber = 3, FileSequenceNumber = 3,
        });

        writer.Finish("m").Description.MinSequenceNumber.ShouldBe(7);
    }

    [Fact]
    public void A_manifest_of_many_blocks_reads_back()
    {
        var writer = new ManifestWriter(_metadata, World.ByDay, s_start);
        for (int number = 0; number < 2000; number++)
        {
            writer.Added(_world.DataFile(number));
        }

        (byte[] bytes, ManifestFile description) = writer.Finish("m");

        ManifestReader.Read(bytes, description).Entries.Count.ShouldBe(2000);
    }

    [Fact]
    public void Every_partition_type_reads_back()
    {
        PrimitiveType[] types =
        [
            FieldType.Boolean, FieldType.Int, FieldType.Long, FieldType.Float, FieldType.Double, FieldType.Date,
            FieldType.Time, FieldType.Timestamp, FieldType.TimestampTz, FieldType.String, FieldType.Binary,
        ];
        object[] values = [true, -7, long.MinValue, 1.5f, -2.5, -1, 3L, 4L, 5L, "ä", new byte[] { 0, 255 }];
        var schema = new Schema(0, [.. types.Select((type, index) => new Field(index + 1, $"c{index}", type))]);
        var spec = new PartitionSpec(0,
            [.. types.Select(
                (_, index) => new PartitionField(index + 1, 1000 + index, $"p{index}", Transforms.Identity))]);
        TableMetadata metadata = new TableDefinition("file:///t", schema) { Spec = spec }
            .ToMetadata(_world.Store.Author);
        DataFile file = _world.DataFile(1) with { Partition = [.. types.Zip(values, Bounds.Encode)] };
        var writer = new ManifestWriter(metadata, spec, s_start);
        writer.Added(file);

        (byte[] bytes, ManifestFile description) = writer.Finish("m");

        ManifestReader.Read(bytes, description).Entries[0].File.Partition.ShouldBe(file.Partition);
        description.Partitions!.Select(summary => summary.Lower).ShouldBe(file.Partition);
    }

    [Fact]
    public void A_manifest_list_reads_back_as_written()
    {
        var manifest = new ManifestFile
        {
            Path = "file:///lake/t/metadata/m.avro", LengthBytes = 1L << 40, SpecId = 3,
            Content = ManifestContent.Deletes, SequenceNumber = 9, MinSequenceNumber = 2,
            AddedSnapshotId = 42, Added = new(1, 2), Existing = new(3, 4), Deleted = new(5, 6), KeyMetadata = [1],
            Partitions = [new(true, null, null, Bounds.Int(1)), new(false, true, Bounds.Int(1), null)],
        };

        byte[] bytes = ManifestList.Write([manifest, manifest with { Partitions = null }], s_start, parentId: 5);

        ShouldBeAlike(
            ManifestList.Read(bytes, "l"), new List<ManifestFile> { manifest, manifest with { Partitions = null } });
    }

    /// <summary>Varints by the examples of the Avro specification.</summary>
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-64, "7F")]
    [InlineData(64, "8001")]
    [InlineData(long.MaxValue, "FEFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MinValue, "FFFFFFFFFFFFFFFFFF01")]
    public void Numbers_are_zigzag_varints(long number, string hex)
    {
        var buffer = new AvroBuffer();
        buffer.Long(number);

        Convert.ToHexString(buffer.Written).ShouldBe(hex);
        new AvroCursor(Convert.FromHexString(hex), "f").Varint().ShouldBe(number);
    }

    /// <summary>Another writer's manifest: other order of fields, unknown fields, no optional ones, a named type by
    /// reference, codec null, negative block counts.</summary>
    [Fact]
    public void A_foreign_layout_is_read_by_field_ids()
    {
        const string schema = """
            {"type":"record","name":"entry","namespace":"x","fields":[
              {"name":"extra","type":{"type":"map","values":{"type":"fixed","name":"md5","size":2}}},
              {"name":"file","field-id":2,"type":{"type":"record","name":"file","fields":[
                {"name":"size","field-id":104,"type":"long"},{"name":"sum","type":["null","x.md5"]},
                {"name":"n","field-id":103,"type":"int"},{"name":"path","field-id":100,"type":"string"},
                {"name":"k","type":{"type":"enum","name":"e","symbols":["A","B"]}},
                {"name":"part","field-id":102,"type":{"type":"record","name":"p","fields":[
                  {"name":"d","field-id":1000,"type":["int","null"]}]}},
                {"name":"low","field-id":125,"type":[{"type":"array","items":{"type":"record","name":"kv","fields":[
                  {"name":"key","type":"int"},{"name":"value","type":"bytes"}]}},"null"]}]}},
              {"name":"status","field-id":0,"type":"int"}]}
            """;
        byte[] body =
        [
            0x01, 0x0C, 0x02, 0x61, 0xAA, 0xBB, 0x00,             // extra: one pair in a block of negative count
            0x14, 0x02, 0xCC, 0xDD, 0x06, 0x02, 0x66, 0x02,       // size 10, sum, 3 rows, "f", enum B
            0x00, 0x0A,                                           // partition: first branch, 5
            0x00, 0x02, 0x04, 0x02, 0x7F, 0x00,                   // low: {2: 7F}
            0x02,                                                 // status 1
        ];
        byte[] file = Container(schema, body,
            "[{\"source-id\":2,\"field-id\":1000,\"name\":\"d\",\"transform\":\"day\"}]");
        ManifestFile description = new ManifestWriter(_metadata, World.ByDay, s_start).Finish("m").Description;

        ManifestEntry entry = ManifestReader.Read(file, description).Entries.ShouldHaveSingleItem();

        entry.Status.ShouldBe(EntryStatus.Added);
        entry.SequenceNumber.ShouldBeNull();
        entry.Inherit(description).SequenceNumber.ShouldBe(7);
        entry.File.Path.ShouldBe("f");
        entry.File.RecordCount.ShouldBe(3);
        entry.File.SizeBytes.ShouldBe(10);
        entry.File.Partition.ShouldBe([Bounds.Int(5)]);
        entry.File.LowerBounds[2].ShouldBe([0x7F]);
    }

    /// <summary>Equal in everything they say, whatever kinds of lists and maps hold it.</summary>
    private static void ShouldBeAlike<T>(T actual, T expected) =>
        JsonSerializer.Serialize(actual).ShouldBe(JsonSerializer.Serialize(expected));

    private static byte[] Container(string schema, byte[] record, string partitionSpec)
    {
        var file = new AvroBuffer();
        file.Raw("Obj\u0001"u8);
        file.Array<(string Key, string Value)>([("avro.schema", schema), ("partition-spec", partitionSpec)], pair =>
        {
            file.String(pair.Key);
            file.String(pair.Value);
        });
        byte[] sync = Encoding.ASCII.GetBytes("0123456789abcdef");
        file.Raw(sync);
        file.Long(1);
        file.Bytes(record);
        file.Raw(sync);
        return file.Written.ToArray();
    }
}
