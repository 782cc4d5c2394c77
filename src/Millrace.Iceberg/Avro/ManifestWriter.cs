using System.Buffers.Binary;
using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>Writes one manifest and keeps the tallies its manifest list needs.</summary>
/// <remarks>
/// <code>
/// manifest = Avro file of records, in the order of their fields:
///   status int · snapshot_id? · sequence_number? · file_sequence_number? · data_file
///   data_file = content int · file_path · file_format · partition{one optional value per spec field} · record_count
///     · file_size_in_bytes · column_sizes? · value_counts? · null_value_counts? · nan_value_counts? · lower_bounds?
///     · upper_bounds? · key_metadata? · split_offsets? · equality_ids? · sort_order_id?       (? = union with null)
/// header = schema, schema-id, partition-spec, partition-spec-id, format-version "2", content "data"
/// </code>
/// </remarks>
internal sealed class ManifestWriter
{
    private readonly AvroWriter _file;
    private readonly long _snapshotId;
    private readonly long _sequenceNumber;
    private readonly int _specId;
    private readonly IReadOnlyList<PrimitiveType> _partitionTypes;
    private readonly PartitionRange[] _ranges;
    private readonly EntryTally[] _tallies = new EntryTally[3];
    private long _minSequenceNumber = long.MaxValue;

    internal ManifestWriter(TableMetadata metadata, PartitionSpec spec, SnapshotStart snapshot)
    {
        (_snapshotId, _sequenceNumber, _specId) = (snapshot.Id, snapshot.SequenceNumber, spec.Id);
        _partitionTypes = [.. spec.Fields.Select(metadata.PartitionType)];
        _ranges = [.. _partitionTypes.Select(type => new PartitionRange(type))];
        _file = new AvroWriter(ManifestSchema.Entry(metadata, spec), new Dictionary<string, string>
        {
            ["schema"] = metadata.Schema.ToJson(),
            ["schema-id"] = metadata.Schema.Id.ToString(CultureInfo.InvariantCulture),
            ["partition-spec"] = spec.FieldsToJson(),
            ["partition-spec-id"] = spec.Id.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = "2",
            ["content"] = "data",
        }, snapshot.SyncMarker);
    }

    internal int Entries => _tallies.Sum(tally => tally.Files);

    internal long Length => _file.Length;

    /// <summary>A file this snapshot adds; its sequence numbers are inherited.</summary>
    internal void Added(DataFile file) =>
        Write(new ManifestEntry(EntryStatus.Added, file) { SnapshotId = _snapshotId });

    /// <summary>A file carried over from another manifest.</summary>
    /// <param name="entry">With its sequence numbers made explicit.</param>
    internal void Existing(ManifestEntry entry) => Write(entry with { Status = EntryStatus.Existing });

    /// <summary>A file this snapshot removes.</summary>
    /// <param name="entry">With its sequence numbers made explicit.</param>
    internal void Deleted(ManifestEntry entry) =>
        Write(entry with { Status = EntryStatus.Deleted, SnapshotId = _snapshotId });

    /// <summary>The whole file and its description for the manifest list.</summary>
    internal (byte[] Bytes, ManifestFile Description) Finish(string location)
    {
        byte[] bytes = _file.Finish();
        return (bytes, new ManifestFile
        {
            Path = location,
            LengthBytes = bytes.Length,
            SpecId = _specId,
            SequenceNumber = _sequenceNumber,
            MinSequenceNumber = Math.Min(_minSequenceNumber, _sequenceNumber),
            AddedSnapshotId = _snapshotId,
            Added = _tallies[(int)EntryStatus.Added],
            Existing = _tallies[(int)EntryStatus.Existing],
            Deleted = _tallies[(int)EntryStatus.Deleted],
            Partitions = [.. _ranges.Select(range => range.Summary)],
        });
    }

    private void Write(ManifestEntry entry)
    {
        EntryTally tally = _tallies[(int)entry.Status];
        _tallies[(int)entry.Status] = new EntryTally(tally.Files + 1, tally.Rows + entry.File.RecordCount);
        if (entry.IsLive)
        {
            _minSequenceNumber = Math.Min(_minSequenceNumber, entry.SequenceNumber ?? _sequenceNumber);
        }
        AvroBuffer record = _file.Record;
        record.Long((int)entry.Status);
        record.OptionalLong(entry.SnapshotId);
        record.OptionalLong(entry.SequenceNumber);
        record.OptionalLong(entry.FileSequenceNumber);
        WriteFile(record, entry.File);
        _file.EndRecord();
    }

    private void WriteFile(AvroBuffer record, DataFile file)
    {
        record.Long(file.Content);
        record.String(file.Path);
        record.String(file.Format);
        WritePartition(record, file);
        record.Long(file.RecordCount);
        record.Long(file.SizeBytes);
        WriteMap(record, file.ColumnSizes, record.Long);
        WriteMap(record, file.ValueCounts, record.Long);
        WriteMap(record, file.NullCounts, record.Long);
        WriteMap(record, file.NanCounts, record.Long);
        WriteMap(record, file.LowerBounds, bytes => record.Bytes(bytes));
        WriteMap(record, file.UpperBounds, bytes => record.Bytes(bytes));
        record.OptionalBytes(file.KeyMetadata);
        record.Optional(file.SplitOffsets, offsets => record.Array(offsets, record.Long));
        record.Optional(file.EqualityIds, ids => record.Array(ids, id => record.Long(id)));
        record.OptionalLong(file.SortOrderId);
    }

    private void WritePartition(AvroBuffer record, DataFile file)
    {
        if (file.Partition.Count != _partitionTypes.Count)
        {
            throw new ArgumentException($"{file.Path} has {file.Partition.Count} partition values; "
                + $"spec {_specId} has {_partitionTypes.Count} fields.");
        }
        for (int index = 0; index < _partitionTypes.Count; index++)
        {
            byte[]? value = file.Partition[index];
            _ranges[index].Add(value);
            record.Optional(value, bytes => WriteValue(record, _partitionTypes[index], bytes));
        }
    }

    private static void WriteValue(AvroBuffer record, PrimitiveType type, byte[] value)
    {
        switch (type.Kind)
        {
            case PrimitiveKind.String or PrimitiveKind.Binary:
                record.Bytes(value);
                break;
            case PrimitiveKind.Boolean or PrimitiveKind.Float or PrimitiveKind.Double:
                record.Raw(value);
                break;
            default:
                record.Long(value.Length == sizeof(int)
                    ? BinaryPrimitives.ReadInt32LittleEndian(value) : BinaryPrimitives.ReadInt64LittleEndian(value));
                break;
        }
    }

    private static void WriteMap<T>(AvroBuffer record, IReadOnlyDictionary<int, T> map, Action<T> writeValue)
    {
        IReadOnlyDictionary<int, T>? written = map.Count == 0 ? null : map;
        record.Optional(written, present => record.Array([.. present.OrderBy(pair => pair.Key)], pair =>
        {
            record.Long(pair.Key);
            writeValue(pair.Value);
        }));
    }
}

/// <summary>What a snapshot being written already knows of itself.</summary>
/// <param name="Id">Positive, below 2^53.</param>
/// <param name="SequenceNumber">The table's next.</param>
/// <param name="SyncMarker">Sixteen random bytes for its Avro files.</param>
internal sealed record SnapshotStart(long Id, long SequenceNumber, byte[] SyncMarker);
