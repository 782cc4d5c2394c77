using System.Text;
using Millrace.Iceberg;

namespace Millrace.Fuzz.Targets;

/// <summary>Manifests and manifest lists: read, or refused by name. An input is a byte that tells which, and the
/// file.</summary>
internal static class AvroTarget
{
    private const string File = "m.avro";

    private static readonly SnapshotStart Snapshot = new(42, 7, [.. Enumerable.Range(1, 16).Select(n => (byte)n)]);

    private static readonly TableMetadata Metadata = new TableDefinition("file:///t", new Schema(0,
    [
        new Field(1, "tenant", FieldType.String), new Field(2, "time", FieldType.TimestampTz),
        new Field(3, "amount", FieldType.Double),
    ]))
    {
        Spec = new PartitionSpec(0, [new PartitionField(2, 1000, "time_day", Transforms.Day)]),
    }.ToMetadata(new Author(TimeProvider.System, new Random(1), "0.1"));

    private static readonly ManifestFile Description = new()
    {
        Path = File, LengthBytes = 1, SpecId = 0, SequenceNumber = 7, MinSequenceNumber = 7, AddedSnapshotId = 42,
        Added = new EntryTally(2, 20), Existing = default, Deleted = default,
    };

    private static readonly Pruning Pruning = new(Metadata, new Predicate(
    [
        new Condition(1, Comparison.Equal, Bounds.String("t1")),
        new Condition(2, Comparison.GreaterOrEqual, Bounds.Long(5)),
        new Condition(3, Comparison.Less, Bounds.Double(1.5)),
    ]));

    public static TargetRun Start() => new([.. Seeds()], Run);

    private static void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        try
        {
            if (input[0] % 2 == 0)
            {
                ReadManifest(input.AsMemory(1));
            }
            else
            {
                ReadList(input.AsMemory(1));
            }
        }
        catch (IcebergFormatException refused)
        {
            FindingException.ThrowIf(refused.File != File, "It names another file.");
        }
        catch (IcebergUnsupportedException)
        {
            // Sound, and beyond us.
        }
    }

    private static void ReadManifest(ReadOnlyMemory<byte> bytes)
    {
        foreach (var entry in ManifestReader.Read(bytes, Description).Entries)
        {
            var file = entry.Inherit(Description).File;
            Pruning.MayMatch(file);
            Pruning.MayHold(Metadata, Description, file);
        }
    }

    private static void ReadList(ReadOnlyMemory<byte> bytes)
    {
        var manifests = ManifestList.Read(bytes, File);
        foreach (var manifest in manifests.Where(manifest => manifest.SpecId == 0))
        {
            Pruning.MayMatch(manifest);
        }
        var written = ManifestList.Write(manifests, Snapshot, 1);
        var again = ManifestList.Write(ManifestList.Read(written, File), Snapshot, 1);
        FindingException.ThrowIf(!again.AsSpan().SequenceEqual(written), "It does not read what it wrote.");
    }

    private static IEnumerable<byte[]> Seeds()
    {
        var writer = new ManifestWriter(Metadata, Metadata.Spec, Snapshot);
        writer.Added(DataFile(1));
        writer.Added(DataFile(2));
        var (manifest, description) = writer.Finish(File);
        var list = ManifestList.Write([description, description], Snapshot, null);
        yield return [0, .. manifest];
        yield return [1, .. list];
        yield return [0, .. Plain(manifest)];
        yield return [1, .. Plain(list)];
    }

    private static DataFile DataFile(int day) => new()
    {
        Path = $"file:///t/{day}.parquet", RecordCount = 10, SizeBytes = 1, Partition = [Bounds.Int(day)],
        ValueCounts = new Dictionary<int, long> { [1] = 10, [2] = 10, [3] = 10 },
        NullCounts = new Dictionary<int, long> { [1] = 0, [2] = 0, [3] = 0 },
        LowerBounds = new Dictionary<int, byte[]>
        {
            [1] = Bounds.String("t1"), [2] = Bounds.Long(4), [3] = Bounds.Double(-0.0),
        },
        UpperBounds = new Dictionary<int, byte[]>
        {
            [1] = Bounds.String("t3"), [2] = Bounds.Long(9), [3] = Bounds.Double(10),
        },
        SplitOffsets = [4],
        SortOrderId = 0,
    };

    /// <summary>The same file uncompressed, so that changes reach lengths and counts instead of the deflate
    /// stream.</summary>
    private static byte[] Plain(byte[] file)
    {
        var reader = new AvroReader(file, File);
        var records = new List<byte[]>();
        reader.Each(cursor => records.Add(cursor.Slice(() => cursor.Skip(reader.Schema)).ToArray()));
        var plain = new AvroBuffer();
        plain.Raw("Obj\u0001"u8);
        plain.Array(reader.Header.Where(pair => pair.Key != "avro.codec").ToList(), pair =>
        {
            plain.String(pair.Key);
            plain.Bytes(pair.Value);
        });
        plain.Raw(Snapshot.SyncMarker);
        plain.Long(records.Count);
        plain.Bytes(records.SelectMany(record => record).ToArray());
        plain.Raw(Snapshot.SyncMarker);
        return plain.Written.ToArray();
    }
}
