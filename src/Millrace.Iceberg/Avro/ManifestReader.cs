using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>Reads manifests of any writer: fields are found by id in the
/// file's own schema, unknown ones skipped.</summary>
internal sealed class ManifestReader
{
    private static readonly Dictionary<int, long> s_noCounts = [];
    private static readonly Dictionary<int, byte[]> s_noBounds = [];
    private readonly AvroReader _avro;
    private readonly string _file;
    private readonly int _specId;
    private readonly Dictionary<int, int> _partitionIndexes;

    private ManifestReader(ReadOnlyMemory<byte> bytes, ManifestFile description)
    {
        _file = description.Path;
        _specId = description.SpecId;
        _avro = new AvroReader(bytes, _file);
        _partitionIndexes = ReadPartitionIndexes();
    }

    /// <param name="bytes">The whole manifest.</param>
    /// <param name="description">Its line in the manifest list.</param>
    /// <exception cref="IcebergFormatException">Damaged.</exception>
    internal static Manifest Read(ReadOnlyMemory<byte> bytes, ManifestFile description)
    {
        var reader = new ManifestReader(bytes, description);
        var entries = new List<ManifestEntry>();
        reader._avro.Each(cursor => entries.Add(reader.ReadEntry(cursor)));
        return new Manifest(entries, reader._avro.DecodedBytes + ((long)entries.Count * Manifest.EntryBytes));
    }

    /// <summary>Place of each partition field id in the spec, from the manifest's header.</summary>
    private Dictionary<int, int> ReadPartitionIndexes()
    {
        try
        {
            using JsonDocument fields = JsonDocument.Parse(_avro.HeaderText("partition-spec") ?? "[]");
            return PartitionSpec.ReadFields(fields.RootElement)
                .Select((field, index) => (field.FieldId, index)).ToDictionary();
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            throw new IcebergFormatException(_file, $"its partition spec cannot be read ({problem.Message})", problem);
        }
    }

    private ManifestEntry ReadEntry(AvroCursor cursor)
    {
        int? status = null;
        long? snapshotId = null, sequenceNumber = null, fileSequenceNumber = null;
        DataFile? file = null;
        cursor.Record(_avro.Schema, field =>
        {
            switch (field.Id)
            {
                case 0: status = cursor.Int(field.Type); break;
                case 1: snapshotId = cursor.Long(field.Type); break;
                case 2: file = ReadFile(cursor, field.Type); break;
                case 3: sequenceNumber = cursor.Long(field.Type); break;
                case 4: fileSequenceNumber = cursor.Long(field.Type); break;
                default: cursor.Skip(field.Type); break;
            }
        });
        if (status is not (>= 0 and <= 2) || file is null)
        {
            throw cursor.Damage($"an entry of status {status} {(file is null ? "without a file" : "")}");
        }
        return new ManifestEntry((EntryStatus)status, file)
        {
            SnapshotId = snapshotId,
            SequenceNumber = sequenceNumber,
            FileSequenceNumber = fileSequenceNumber,
        };
    }

    private DataFile ReadFile(AvroCursor cursor, AvroType type)
    {
        string? path = null, format = null;
        int? content = null, sortOrderId = null;
        long? records = null, size = null;
        byte[]?[] partition = [];
        byte[]? keyMetadata = null;
        IReadOnlyDictionary<int, long> sizes = s_noCounts, values = s_noCounts, nulls = s_noCounts, nans = s_noCounts;
        IReadOnlyDictionary<int, byte[]> lower = s_noBounds, upper = s_noBounds;
        List<long>? splitOffsets = null;
        List<int>? equalityIds = null;
        cursor.Record(type, field =>
        {
            AvroType value = field.Type;
            switch (field.Id)
            {
                case 134: content = cursor.Int(value); break;
                case 100: path = cursor.String(value); break;
                case 101: format = cursor.String(value); break;
                case 102: partition = ReadPartition(cursor, value); break;
                case 103: records = cursor.Long(value); break;
                case 104: size = cursor.Long(value); break;
                case 108: sizes = EncodedMap<long>.Read(cursor, value, ReadCount); break;
                case 109: values = EncodedMap<long>.Read(cursor, value, ReadCount); break;
                case 110: nulls = EncodedMap<long>.Read(cursor, value, ReadCount); break;
                case 137: nans = EncodedMap<long>.Read(cursor, value, ReadCount); break;
                case 125: lower = EncodedMap<byte[]>.Read(cursor, value, ReadBound); break;
                case 128: upper = EncodedMap<byte[]>.Read(cursor, value, ReadBound); break;
                case 131: keyMetadata = cursor.Bytes(value); break;
                case 132: splitOffsets = ReadList(cursor, value, item => cursor.Long(item)); break;
                case 135: equalityIds = ReadList(cursor, value, item => cursor.Int(item)); break;
                case 140: sortOrderId = cursor.Int(value); break;
                default: cursor.Skip(value); break;
            }
        });
        if (path is null || records is not (>= 0 and { } rows) || size is not (>= 0 and { } bytes))
        {
            throw cursor.Damage("a data file without a path, a record count or a size");
        }
        return new DataFile
        {
            Path = path, Content = content ?? 0, Format = format ?? "", SpecId = _specId, Partition = partition,
            RecordCount = rows, SizeBytes = bytes, ColumnSizes = sizes, ValueCounts = values, NullCounts = nulls,
            NanCounts = nans, LowerBounds = lower, UpperBounds = upper, KeyMetadata = keyMetadata,
            SplitOffsets = splitOffsets, EqualityIds = equalityIds, SortOrderId = sortOrderId,
        };
    }

    private byte[]?[] ReadPartition(AvroCursor cursor, AvroType type)
    {
        var values = new byte[]?[_partitionIndexes.Count];
        cursor.Record(type, field =>
        {
            if (_partitionIndexes.TryGetValue(field.Id, out int index))
            {
                values[index] = cursor.SingleValue(field.Type);
            }
            else
            {
                cursor.Skip(field.Type);
            }
        });
        return values;
    }

    private static long ReadCount(AvroCursor cursor, AvroType type) =>
        cursor.Long(type) ?? throw cursor.Damage("no count");

    private static byte[] ReadBound(AvroCursor cursor, AvroType type) =>
        cursor.Bytes(type) ?? throw cursor.Damage("no bound");

    private static List<T>? ReadList<T>(AvroCursor cursor, AvroType type, Func<AvroType, T?> readItem)
        where T : struct
    {
        var list = new List<T>();
        return cursor.Array(type, item => list.Add(readItem(item) ?? throw cursor.Damage("a list without an item")))
            ? list : null;
    }
}
