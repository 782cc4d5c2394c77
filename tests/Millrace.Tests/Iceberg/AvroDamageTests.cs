using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

/// <summary>Damaged manifests and lists end in one kind of exception that
/// names the file, whatever the damage.</summary>
public class AvroDamageTests
{
    private static readonly SnapshotStart s_start = new(42, 7, [.. Enumerable.Range(1, 16).Select(n => (byte)n)]);
    private readonly byte[] _manifest;
    private readonly byte[] _list;
    private readonly ManifestFile _description;

    public AvroDamageTests()
    {
        var world = new World();
        TableMetadata metadata = new TableDefinition("file:///lake/t", World.Schema) { Spec = World.ByDay }
            .ToMetadata(world.Store.Author);
        var writer = new ManifestWriter(metadata, World.ByDay, s_start);
        writer.Added(world.DataFile(1));
        writer.Added(world.DataFile(2));
        (_manifest, _description) = writer.Finish("m.avro");
        _list = ManifestList.Write([_description, _description], s_start, null);
    }

    [Fact]
    public void A_truncated_file_is_refused_at_every_length()
    {
        foreach (byte[] file in new[] { _manifest, _list })
        {
            int header = file.AsSpan().IndexOf(s_start.SyncMarker) + s_start.SyncMarker.Length;
            for (int length = 0; length < file.Length; length++)
            {
                // A file that ends with its header is a whole file without entries; its length gives it away.
                if (length != header)
                {
                    Should.Throw<IcebergFormatException>(() => Read(file, file[..length])).File.ShouldEndWith(".avro");
                }
            }
        }
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_read_but_never_anything_else()
    {
        foreach (byte[] file in new[] { _manifest, _list })
        {
            // The header is mostly the schema's JSON: a sample of it is enough, of the blocks it is every bit.
            int header = file.AsSpan().IndexOf(s_start.SyncMarker) * 8;
            for (int bit = 0; bit < file.Length * 8; bit += bit < header ? 13 : 1)
            {
                ShouldEndWell(file, bit);
            }
        }
    }

    /// <summary>Uncompressed, so that damage reaches lengths and counts instead of the deflate stream.</summary>
    [Fact]
    public void A_flipped_bit_in_a_plain_record_is_refused_or_read_but_never_anything_else()
    {
        var file = new AvroBuffer();
        byte[] records = RecordsOf(_list);
        file.Raw("Obj\u0001"u8);
        file.Array<(string Key, string Value)>([("avro.schema", ManifestSchema.List)], pair =>
        {
            file.String(pair.Key);
            file.String(pair.Value);
        });
        file.Raw(s_start.SyncMarker);
        int start = file.Length;
        file.Long(2);
        file.Bytes(records);
        file.Raw(s_start.SyncMarker);
        byte[] plain = file.Written.ToArray();
        ManifestList.Read(plain, "l.avro").Count.ShouldBe(2);

        for (int bit = start * 8; bit < plain.Length * 8; bit++)
        {
            ShouldEndWell(plain, bit);
        }
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(1L << 31)]
    [InlineData(-1)]
    public void A_length_beyond_the_file_allocates_nothing(long length)
    {
        var buffer = new AvroBuffer();
        buffer.Long(length);
        var bytes = new AvroType { Kind = AvroKind.Bytes };
        var array = new AvroType { Kind = AvroKind.Array, Parts = [bytes] };

        Should.Throw<IcebergFormatException>(() => new AvroCursor(buffer.Written.ToArray(), "f").Bytes(bytes));
        Should.Throw<IcebergFormatException>(() => new AvroCursor(buffer.Written.ToArray(), "f").Skip(array));
    }

    [Fact]
    public void A_schema_that_contains_itself_ends()
    {
        const string schema = """{"type":"record","name":"r","fields":[{"name":"a","type":"r"}]}""";
        AvroType type = AvroType.Parse(System.Text.Encoding.UTF8.GetBytes(schema), "f");

        Should.Throw<IcebergFormatException>(() => new AvroCursor(new byte[100], "f").Skip(type));
    }

    [Theory]
    [InlineData("""{"type":"fixed","name":null,"size":1}""")]
    [InlineData("""[null]""")]
    [InlineData("""{"type":null}""")]
    public void A_schema_with_null_for_a_name_or_type_is_refused(string schema) =>
        Should.Throw<IcebergFormatException>(() => AvroType.Parse(System.Text.Encoding.UTF8.GetBytes(schema), "f"));

    private void ShouldEndWell(byte[] file, int bit)
    {
        byte[] damaged = [.. file];
        damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        try
        {
            Read(file, damaged);
        }
        catch (IcebergFormatException problem)
        {
            problem.File.ShouldEndWith(".avro");
        }
    }

    private void Read(byte[] original, byte[] damaged)
    {
        if (ReferenceEquals(original, _manifest))
        {
            ManifestReader.Read(damaged, _description);
        }
        else
        {
            ManifestList.Read(damaged, "l.avro");
        }
    }

    private static byte[] RecordsOf(byte[] file)
    {
        int start = file.AsSpan().IndexOf(s_start.SyncMarker) + s_start.SyncMarker.Length;
        var cursor = new AvroCursor(file.AsMemory(start), "f");
        cursor.Varint();
        using var packed = new MemoryStream(cursor.Take(cursor.Varint()).ToArray());
        using var deflate =
            new System.IO.Compression.DeflateStream(packed, System.IO.Compression.CompressionMode.Decompress);
        using var plain = new MemoryStream();
        deflate.CopyTo(plain);
        return plain.ToArray();
    }
}
