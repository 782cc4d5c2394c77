using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>Manifest lists, written and read: the manifests that make up a snapshot.</summary>
/// <remarks>
/// <code>
/// manifest list = Avro file of records, in the order of their fields:
///   manifest_path · manifest_length · partition_spec_id int · content int (0 data, 1 deletes) · sequence_number
///   · min_sequence_number · added_snapshot_id · added/existing/deleted_files_count int
///   · added/existing/deleted_rows_count · partitions?[contains_null, contains_nan?, lower_bound?,
/// upper_bound?] · key_metadata?      (? = union with null)
/// header = snapshot-id, parent-snapshot-id ("null" if none), sequence-number, format-version "2"
/// </code>
/// </remarks>
internal static class ManifestList
{
    internal static byte[] Write(IReadOnlyList<ManifestFile> manifests, SnapshotStart snapshot, long? parentId)
    {
        var file = new AvroWriter(ManifestSchema.List, new Dictionary<string, string>
        {
            ["snapshot-id"] = snapshot.Id.ToString(CultureInfo.InvariantCulture),
            ["parent-snapshot-id"] = parentId?.ToString(CultureInfo.InvariantCulture) ?? "null",
            ["sequence-number"] = snapshot.SequenceNumber.ToString(CultureInfo.InvariantCulture),
            ["format-version"] = "2",
        }, snapshot.SyncMarker);
        foreach (ManifestFile manifest in manifests)
        {
            Write(file.Record, manifest);
            file.EndRecord();
        }
        return file.Finish();
    }

    /// <exception cref="IcebergFormatException">Damaged.</exception>
    internal static List<ManifestFile> Read(ReadOnlyMemory<byte> bytes, string location)
    {
        var avro = new AvroReader(bytes, location);
        var manifests = new List<ManifestFile>();
        avro.Each(cursor => manifests.Add(Read(cursor, avro.Schema)));
        return manifests;
    }

    private static void Write(AvroBuffer record, ManifestFile manifest)
    {
        record.String(manifest.Path);
        record.Long(manifest.LengthBytes);
        record.Long(manifest.SpecId);
        record.Long((int)manifest.Content);
        record.Long(manifest.SequenceNumber);
        record.Long(manifest.MinSequenceNumber);
        record.Long(manifest.AddedSnapshotId);
        record.Long(manifest.Added.Files);
        record.Long(manifest.Existing.Files);
        record.Long(manifest.Deleted.Files);
        record.Long(manifest.Added.Rows);
        record.Long(manifest.Existing.Rows);
        record.Long(manifest.Deleted.Rows);
        record.Optional(manifest.Partitions, partitions => record.Array(partitions, summary =>
        {
            record.Boolean(summary.ContainsNull);
            record.Long(summary.ContainsNan is null ? 0 : 1);
            if (summary.ContainsNan is { } containsNan)
            {
                record.Boolean(containsNan);
            }
            record.OptionalBytes(summary.Lower);
            record.OptionalBytes(summary.Upper);
        }));
        record.OptionalBytes(manifest.KeyMetadata);
    }

    private static ManifestFile Read(AvroCursor cursor, AvroType schema)
    {
        string? path = null;
        var numbers = new Dictionary<int, long>();
        List<PartitionSummary>? partitions = null;
        byte[]? keyMetadata = null;
        cursor.Record(schema, field =>
        {
            switch (field.Id)
            {
                case 500: path = cursor.String(field.Type); break;
                case 507: partitions = ReadSummaries(cursor, field.Type); break;
                case 519: keyMetadata = cursor.Bytes(field.Type); break;
                case (>= 501 and <= 506) or (>= 512 and <= 517):
                    if (cursor.Long(field.Type) is { } number)
                    {
                        numbers[field.Id] = number;
                    }
                    break;
                default: cursor.Skip(field.Type); break;
            }
        });
        long Number(int id) => numbers.TryGetValue(id, out long number)
            ? number : throw cursor.Damage($"a manifest without field {id}");
        EntryTally Tally(int filesId, int rowsId) => new((int)Number(filesId), Number(rowsId));
        return new ManifestFile
        {
            Path = path ?? throw cursor.Damage("a manifest without a path"),
            LengthBytes = Number(501),
            SpecId = (int)Number(502),
            Content = numbers.GetValueOrDefault(517) == 0 ? ManifestContent.Data : ManifestContent.Deletes,
            SequenceNumber = numbers.GetValueOrDefault(515),
            MinSequenceNumber = numbers.GetValueOrDefault(516),
            AddedSnapshotId = Number(503),
            Added = Tally(504, 512),
            Existing = Tally(505, 513),
            Deleted = Tally(506, 514),
            Partitions = partitions,
            KeyMetadata = keyMetadata,
        };
    }

    private static List<PartitionSummary>? ReadSummaries(AvroCursor cursor, AvroType type)
    {
        var summaries = new List<PartitionSummary>();
        bool isPresent = cursor.Array(type, item =>
        {
            bool containsNull = true;
            bool? containsNan = null;
            byte[]? lower = null, upper = null;
            cursor.Record(item, field =>
            {
                switch (field.Id)
                {
                    case 509: containsNull = cursor.Boolean(field.Type) ?? true; break;
                    case 518: containsNan = cursor.Boolean(field.Type); break;
                    case 510: lower = cursor.Bytes(field.Type); break;
                    case 511: upper = cursor.Bytes(field.Type); break;
                    default: cursor.Skip(field.Type); break;
                }
            });
            summaries.Add(new PartitionSummary(containsNull, containsNan, lower, upper));
        });
        return isPresent ? summaries : null;
    }
}
