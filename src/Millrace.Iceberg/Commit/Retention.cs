using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>Which snapshots stay when a table forgets its past.</summary>
internal sealed record Retention(int KeepLast, long OlderThanMs)
{
    /// <summary>Without the expired snapshots; the same instance if none are.</summary>
    internal TableMetadata Apply(TableMetadata metadata)
    {
        HashSet<long> kept = Kept(metadata);
        if (metadata.Snapshots.All(snapshot => kept.Contains(snapshot.Id)))
        {
            return metadata;
        }
        // The log may have no gaps: what is before the last expired entry goes as well.
        List<SnapshotLogEntry> log = [.. metadata.SnapshotLog];
        int lastGone = log.FindLastIndex(entry => !kept.Contains(entry.SnapshotId));
        return metadata with
        {
            Snapshots = [.. metadata.Snapshots.Where(snapshot => kept.Contains(snapshot.Id))],
            SnapshotLog = log[(lastGone + 1)..],
            Unknown = WithoutExpired(
                WithoutExpired(metadata.Unknown, "statistics", kept), "partition-statistics", kept),
        };
    }

    private HashSet<long> Kept(TableMetadata metadata)
    {
        HashSet<long> kept = [.. metadata.Refs.Values.Select(target => target.SnapshotId)];
        kept.UnionWith(
            metadata.Snapshots.Where(snapshot => snapshot.TimestampMs >= OlderThanMs).Select(snapshot => snapshot.Id));
        kept.UnionWith(Positions.Ancestry(metadata).Take(KeepLast).Select(snapshot => snapshot.Id));
        kept.UnionWith(Positions.CarryingChain(metadata).Select(snapshot => snapshot.Id));
        return kept;
    }

    /// <summary>Statistics files belong to a snapshot; an entry must not outlive it.</summary>
    private static UnknownKeys WithoutExpired(UnknownKeys unknown, string key, HashSet<long> kept) =>
        unknown.Find(key) is { ValueKind: JsonValueKind.Array } entries
            ? unknown.With(key, JsonSerializer.SerializeToElement(entries.EnumerateArray().Where(entry =>
                entry.TryGetProperty("snapshot-id", out JsonElement id) && kept.Contains(id.GetInt64()))))
            : unknown;
}
