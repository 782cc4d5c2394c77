using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>Up to where each node's log is in a table: kept in the table
/// itself, so that rows and position are one.</summary>
/// <remarks>
/// <code>
/// snapshot summary  millrace.position.NODE = "OFFSET"         end offset, exclusive; on every snapshot of ours
/// table property    millrace.position.NODE = "SEQ:OFFSET"     SEQ: of the snapshot that set it; 0 before any
/// </code>
/// The chain of parents wins over the property, so that a rollback is followed; the property serves when expiry has
/// cut the chain behind foreign commits.
/// </remarks>
public static class Positions
{
    public const string KeyPrefix = "millrace.position.";

    /// <summary>End offset of a node's log in the table; null if the table holds nothing of it.</summary>
    /// <exception cref="IcebergUnsupportedException">The table was rolled back behind the position and the history
    /// that would tell the right one has expired: a person must decide.</exception>
    public static long? Read(TableMetadata metadata, string node) => ReadKey(metadata, KeyPrefix + node);

    /// <summary>All positions in a table, by key (with <see cref="KeyPrefix"/>).</summary>
    internal static Dictionary<string, long> ReadAll(TableMetadata metadata) =>
        Ancestry(metadata).SelectMany(snapshot => snapshot.Summary.Keys).Concat(metadata.Properties.Keys)
            .Where(key => key.StartsWith(KeyPrefix, StringComparison.Ordinal)).Distinct()
            .Select(key => (key, Offset: ReadKey(metadata, key)))
            .Where(position => position.Offset is not null)
            .ToDictionary(position => position.key, position => position.Offset!.Value);

    /// <summary>The property's text for a position set at a sequence number.</summary>
    internal static string Property(long sequenceNumber, string offset) =>
        string.Create(CultureInfo.InvariantCulture, $"{sequenceNumber}:{offset}");

    /// <summary>The snapshots from the current one back to where every
    /// position has been found: expiry keeps these.</summary>
    internal static IEnumerable<Snapshot> CarryingChain(TableMetadata metadata)
    {
        List<Snapshot> chain = [.. Ancestry(metadata)];
        IEnumerable<string> keys = chain.SelectMany(snapshot => snapshot.Summary.Keys).Distinct()
            .Where(key => key.StartsWith(KeyPrefix, StringComparison.Ordinal));
        int farthest = keys.Select(key => chain.FindIndex(snapshot => snapshot.Summary.ContainsKey(key)))
            .DefaultIfEmpty(-1).Max();
        return chain.Take(farthest + 1);
    }

    private static long? ReadKey(TableMetadata metadata, string key)
    {
        string? carried = Ancestry(metadata).Select(snapshot => snapshot.Summary.GetValueOrDefault(key))
            .FirstOrDefault(text => text is not null);
        if (carried is not null)
        {
            return Number(metadata, carried);
        }
        if (metadata.Properties.GetValueOrDefault(key) is not { } property)
        {
            return null;
        }
        string[] parts = property.Split(':');
        if (parts.Length != 2)
        {
            throw new IcebergFormatException(metadata.Location, $"property {key} is '{property}', not SEQUENCE:OFFSET");
        }
        long current = metadata.CurrentSnapshot?.SequenceNumber ?? 0;
        return Number(metadata, parts[0]) <= current
            ? Number(metadata, parts[1])
            : throw new IcebergUnsupportedException(
                $"{metadata.Location} was rolled back to sequence number {current}, behind '{key}' = {property}, "
                + "and the snapshot that carried the earlier position has expired. "
                + "Set the property to the offset to resume from.");
    }

    private static long Number(TableMetadata metadata, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new IcebergFormatException(metadata.Location, $"'{text}' is not a position");

    /// <summary>The current snapshot, its parent, and so on while they are still listed.</summary>
    internal static IEnumerable<Snapshot> Ancestry(TableMetadata metadata)
    {
        var seen = new HashSet<long>();
        for (Snapshot? snapshot = metadata.CurrentSnapshot; snapshot is not null && seen.Add(snapshot.Id);
            snapshot = snapshot.ParentId is { } parent ? metadata.FindSnapshot(parent) : null)
        {
            yield return snapshot;
        }
    }
}
