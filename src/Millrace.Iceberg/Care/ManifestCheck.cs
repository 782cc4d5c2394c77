namespace Millrace.Iceberg;

/// <summary>Checks one manifest against its line in the manifest list.</summary>
internal sealed class ManifestCheck(TableMetadata metadata, ManifestFile description)
{
    internal List<string> Problems { get; } = [];

    /// <summary>Live files it lists; known once it has run.</summary>
    internal IReadOnlyList<DataFile> LiveFiles { get; private set; } = [];

    internal void Run(ReadOnlyMemory<byte> bytes)
    {
        Require(bytes.Length == description.LengthBytes,
            $"has {bytes.Length} bytes, its list says {description.LengthBytes}");
        IReadOnlyList<ManifestEntry> entries = ManifestReader.Read(bytes, description).Entries;
        LiveFiles = [.. entries.Where(entry => entry.IsLive).Select(entry => entry.File)];
        CheckTally(entries, EntryStatus.Added, description.Added);
        CheckTally(entries, EntryStatus.Existing, description.Existing);
        CheckTally(entries, EntryStatus.Deleted, description.Deleted);
        CheckMinSequenceNumber(entries);
        CheckSummaries();
        foreach (ManifestEntry entry in entries)
        {
            CheckSequenceNumbers(entry);
            CheckStatistics(entry.File);
        }
    }

    private void CheckTally(IReadOnlyList<ManifestEntry> entries, EntryStatus status, EntryTally claimed)
    {
        List<ManifestEntry> those = [.. entries.Where(entry => entry.Status == status)];
        var actual = new EntryTally(those.Count, those.Sum(entry => entry.File.RecordCount));
        Require(actual == claimed, $"holds {actual} {status} entries, its list says {claimed}");
    }

    private void CheckMinSequenceNumber(IReadOnlyList<ManifestEntry> entries)
    {
        long actual = entries
            .Where(entry => entry.IsLive).Select(entry => entry.Inherit(description).SequenceNumber!.Value)
            .DefaultIfEmpty(description.SequenceNumber).Min();
        Require(actual == description.MinSequenceNumber,
            $"has a lowest sequence number of {actual}, its list says {description.MinSequenceNumber}");
    }

    private void CheckSequenceNumbers(ManifestEntry entry)
    {
        string path = entry.File.Path;
        bool isExplicit = entry is { SequenceNumber: not null, FileSequenceNumber: not null, SnapshotId: not null };
        if (entry.Status == EntryStatus.Added)
        {
            Require(entry is { SequenceNumber: null, FileSequenceNumber: null } || isExplicit,
                $"adds {path} with half of its sequence numbers");
        }
        else
        {
            Require(isExplicit, $"has no explicit sequence numbers for {path}, which it did not add");
        }
        Require(entry.Status == EntryStatus.Existing
            || entry.Inherit(description).SnapshotId == description.AddedSnapshotId,
            $"lists {path} under another snapshot than the one that wrote the manifest");
        Require(!(entry.SequenceNumber > description.SequenceNumber), $"knows {path} of a later commit than its own");
    }

    private void CheckStatistics(DataFile file)
    {
        Require(file.RecordCount > 0, $"lists {file.Path} without rows");
        foreach ((int id, long values) in file.ValueCounts)
        {
            bool isTopLevel = metadata.Schemas.Any(schema => schema.Fields.Any(field => field.Id == id));
            Require(!isTopLevel || values == file.RecordCount,
                $"counts {values} values of column {id} in the {file.RecordCount} rows of {file.Path}");
            Require(file.NullCounts.GetValueOrDefault(id) <= values, $"counts more nulls than values in {file.Path}");
        }
        foreach ((int id, byte[] lower) in file.LowerBounds)
        {
            if (metadata.FindField(id)?.Type is PrimitiveType type
                && file.UpperBounds.TryGetValue(id, out byte[]? upper))
            {
                Require(!(Bounds.Compare(type, lower, upper) > 0),
                    $"bounds column {id} of {file.Path} the wrong way round");
            }
        }
    }

    private void CheckSummaries()
    {
        IReadOnlyList<PartitionField> fields = metadata.FindSpec(description.SpecId).Fields;
        if (description.Partitions is { } summaries && summaries.Count != fields.Count)
        {
            Problems.Add($"has {summaries.Count} partition summaries for the {fields.Count} fields of its spec");
        }
        foreach (DataFile file in LiveFiles.Where(file => file.Partition.Count == fields.Count))
        {
            Require(Pruning.MayHold(metadata, description, file), $"lists {file.Path} outside its partition summaries");
        }
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            Problems.Add(problem);
        }
    }
}
