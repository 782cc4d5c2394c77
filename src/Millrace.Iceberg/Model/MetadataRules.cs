namespace Millrace.Iceberg;

/// <summary>What must hold inside one metadata file; Java refuses to load a table that breaks it.</summary>
internal static class MetadataRules
{
    /// <summary>Clocks of two writers may differ by this much before a log counts as unsorted.</summary>
    private const long ClockSkewMs = 60_000;

    /// <summary>The first rule broken, as a sentence; null if all hold.</summary>
    internal static string? Contradiction(this TableMetadata metadata) =>
        MissingPart(metadata) ?? BrokenRef(metadata) ?? BrokenSnapshot(metadata) ?? BrokenLog(metadata);

    private static string? MissingPart(TableMetadata metadata) =>
        metadata.Schemas.All(schema => schema.Id != metadata.CurrentSchemaId)
            ? $"current schema {metadata.CurrentSchemaId} is not listed"
        : metadata.PartitionSpecs.All(spec => spec.Id != metadata.DefaultSpecId)
            ? $"default partition spec {metadata.DefaultSpecId} is not listed"
        : metadata.SortOrders.All(order => order.Id != metadata.DefaultSortOrderId)
            ? $"default sort order {metadata.DefaultSortOrderId} is not listed"
        : metadata.Schema.HighestId > metadata.LastColumnId
            ? $"last-column-id {metadata.LastColumnId} is below a column's id"
        : null;

    private static string? BrokenRef(TableMetadata metadata)
    {
        long? main = metadata.Refs.TryGetValue(TableMetadata.MainBranch, out SnapshotRef? branch)
            ? branch.SnapshotId : null;
        if (main != metadata.CurrentSnapshotId)
        {
            return $"branch main is at {main}, current-snapshot-id is {metadata.CurrentSnapshotId}";
        }
        HashSet<long> known = [.. metadata.Snapshots.Select(snapshot => snapshot.Id)];
        return metadata.Refs.Where(target => !known.Contains(target.Value.SnapshotId))
            .Select(target => $"'{target.Key}' points to snapshot {target.Value.SnapshotId}, which is not listed")
            .FirstOrDefault();
    }

    private static string? BrokenSnapshot(TableMetadata metadata)
    {
        var seen = new HashSet<long>();
        foreach (Snapshot snapshot in metadata.Snapshots)
        {
            if (!seen.Add(snapshot.Id))
            {
                return $"snapshot {snapshot.Id} is listed twice";
            }
            if (snapshot.SequenceNumber > metadata.LastSequenceNumber)
            {
                return $"snapshot {snapshot.Id} has sequence number {snapshot.SequenceNumber}, "
                    + $"above the last, {metadata.LastSequenceNumber}";
            }
        }
        return null;
    }

    private static string? BrokenLog(TableMetadata metadata) =>
        Unsorted([.. metadata.SnapshotLog.Select(entry => entry.TimestampMs), metadata.LastUpdatedMs])
            ? "snapshot-log is not in order of time"
        : Unsorted([.. metadata.MetadataLog.Select(entry => entry.TimestampMs), metadata.LastUpdatedMs])
            ? "metadata-log is not in order of time"
        : null;

    private static bool Unsorted(IReadOnlyList<long> times) =>
        times.Zip(times.Skip(1)).Any(pair => pair.Second < pair.First - ClockSkewMs);
}
