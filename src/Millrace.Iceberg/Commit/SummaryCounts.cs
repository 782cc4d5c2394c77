using System.Globalization;

namespace Millrace.Iceberg;

/// <summary>Counts what a snapshot adds and removes, for its summary.</summary>
internal sealed class SummaryCounts
{
    private const string TotalSize = "total-files-size";
    private readonly HashSet<string> _partitions = [];
    private Tally _added;
    private Tally _removed;

    /// <summary>Further keys, such as those of a manifest merge.</summary>
    internal Dictionary<string, long> Extra { get; } = [];

    internal void Add(DataFile file) => _added = Count(_added, file);

    internal void Remove(DataFile file) => _removed = Count(_removed, file);

    /// <param name="manifests">All manifests of the snapshot: the totals of files and rows are theirs.</param>
    /// <param name="parent">Summary of the parent; null for the first snapshot.</param>
    internal Dictionary<string, string> ToSummary(
        IReadOnlyList<ManifestFile> manifests, IReadOnlyDictionary<string, string>? parent)
    {
        ILookup<ManifestContent, ManifestFile> byContent = manifests.ToLookup(manifest => manifest.Content);
        var counts = new Dictionary<string, long>(Extra)
        {
            ["added-data-files"] = _added.Files,
            ["added-records"] = _added.Rows,
            ["added-files-size"] = _added.Bytes,
            ["deleted-data-files"] = _removed.Files,
            ["deleted-records"] = _removed.Rows,
            ["removed-files-size"] = _removed.Bytes,
            ["changed-partition-count"] = _partitions.Count,
        };
        foreach (string key in counts.Where(pair => pair.Value == 0).Select(pair => pair.Key).ToArray())
        {
            counts.Remove(key);
        }
        counts["changed-partition-count"] = _partitions.Count;
        counts["total-data-files"] = byContent[ManifestContent.Data].Sum(manifest => (long)manifest.LiveFiles);
        counts["total-records"] = byContent[ManifestContent.Data].Sum(manifest => manifest.LiveRows);
        counts["total-delete-files"] = byContent[ManifestContent.Deletes].Sum(manifest => (long)manifest.LiveFiles);
        foreach (string key in new[] { "total-position-deletes", "total-equality-deletes", TotalSize })
        {
            // A parent of another engine may say nothing; then nothing is better than a wrong total.
            if (Total(parent, key) is { } total)
            {
                counts[key] = total + (key == TotalSize ? _added.Bytes - _removed.Bytes : 0);
            }
        }
        return counts.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(CultureInfo.InvariantCulture));
    }

    private static long? Total(IReadOnlyDictionary<string, string>? parent, string key) =>
        parent is null ? 0
        : long.TryParse(parent.GetValueOrDefault(key), CultureInfo.InvariantCulture, out long total) ? total
        : null;

    private Tally Count(Tally tally, DataFile file)
    {
        _partitions.Add(
            string.Join('/', file.Partition.Select(value => value is null ? "null" : Convert.ToHexString(value))));
        return new Tally(tally.Files + 1, tally.Rows + file.RecordCount, tally.Bytes + file.SizeBytes);
    }

    private readonly record struct Tally(long Files, long Rows, long Bytes);
}
