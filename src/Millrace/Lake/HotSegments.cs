using System.Globalization;
using Millrace.Log;

namespace Millrace.Lake;

/// <summary>A hot segment: rows that are refined but not committed,
/// in a Parquet file that queries read at once.</summary>
/// <param name="First">Offset of the first record covered.</param>
/// <param name="End">Exclusive end of the last.</param>
internal sealed record HotSegment(string Table, string Path, long First, long End)
{
    /// <summary>Rows in it; 0 where only its name is known.</summary>
    public long Rows { get; init; }
}

/// <summary>The hot segments of one node:
/// <c>DIR/hot/&lt;table&gt;/&lt;node&gt;-&lt;first&gt;-&lt;end&gt;.parquet</c>.</summary>
/// <remarks>
/// They are never synced: the log has their rows until the lake does. A reader lists them after it took the snapshot
/// and keeps those at or after its position, so replaced segments stay for as long as a query may run.
/// </remarks>
internal sealed class HotSegments(IDisk disk, string directory, string node)
{
    private const string Suffix = ".parquet";

    // Not compressed: a hot file is read a few times in its minute of life.
    private readonly ParquetWriter _parquet = new(disk, zstd: null);

    /// <summary>Removes what a former process left; the log holds the rows.</summary>
    public void Reset()
    {
        foreach (var table in LakeTable.All)
        {
            var folder = Path.Combine(directory, table.Name);
            disk.CreateDirectory(folder);
            foreach (var name in disk.List(folder).Where(name => name.StartsWith($"{node}-", StringComparison.Ordinal)))
            {
                disk.Delete(Path.Combine(folder, name));
            }
        }
    }

    /// <summary>Writes rows; a half-written file is never seen under its name.</summary>
    /// <param name="rows">The table's rows.</param>
    /// <param name="first">The first that no earlier segment holds; there must be one.</param>
    /// <param name="range">The range of the log that they are of.</param>
    public HotSegment Write(LakeRows rows, int first, (long First, long End) range)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{node}-{range.First}-{range.End}{Suffix}");
        var path = Path.Combine(directory, rows.Table.Name, name);
        var order = new int[rows.Count - first];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = first + i;
        }
        disk.Delete(path + ".tmp");
        _parquet.Write(path + ".tmp", rows, order);
        disk.Rename(path + ".tmp", path);
        return new HotSegment(rows.Table.Name, path, range.First, range.End) { Rows = order.Length };
    }

    /// <summary>The hot segments of all nodes that a reader at these positions still needs, oldest first.</summary>
    /// <param name="positionOf">The committed position of a node; 0 if it has none.</param>
    public static IReadOnlyList<HotSegment> List(string directory, LakeTable table, Func<string, long> positionOf)
    {
        var folder = new DirectoryInfo(Path.Combine(directory, table.Name));
        if (!folder.Exists)
        {
            return [];
        }
        return [.. folder.EnumerateFiles("*" + Suffix)
            .Select(file => TryParse(table, file))
            .Where(hot => hot is not null && hot.Value.Segment.First >= positionOf(hot.Value.Node))
            .Select(hot => hot!.Value.Segment)
            .OrderBy(segment => segment.First)];
    }

    private static (string Node, HotSegment Segment)? TryParse(LakeTable table, FileInfo file)
    {
        var parts = file.Name[..^Suffix.Length].Split('-');
        return parts.Length == 3
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            ? (parts[0], new HotSegment(table.Name, file.FullName, first, end))
            : null;
    }
}
