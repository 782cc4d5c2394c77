using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>All tables at one instant: one commit of the catalog and the hot segments after it.</summary>
internal sealed class LakeView(
    IReadOnlyDictionary<string, Table> tables, IReadOnlyDictionary<string, IReadOnlyList<HotSegment>> hot,
    Planner planner, IObjectStore objects, CommittedTime committed)
{
    /// <summary>Up to where a node's log is in the lake at this instant; 0 if nothing is.</summary>
    public long PositionOf(string node) =>
        tables.TryGetValue(LakeTable.Events.Name, out var events) ? Positions.Read(events.Metadata, node) ?? 0 : 0;

    /// <summary>The files of a table that may hold rows of at least one of these predicates.</summary>
    public async Task<TablePlan> PlanAsync(LakeTable table, IReadOnlyList<Predicate> predicates, CancellationToken ct)
    {
        var files = new Dictionary<string, long>();
        if (tables.TryGetValue(table.Name, out var metadata))
        {
            foreach (var predicate in predicates)
            {
                foreach (var file in await planner.PlanAsync(metadata, predicate, ct))
                {
                    files[objects.LocalPath(file.Path)] = file.SizeBytes;
                }
            }
        }
        return new TablePlan(table, files, [.. hot[table.Name].Select(segment => segment.Path)])
        {
            // Of a table whose schema ever changed, by us or by others, some files may have other names.
            IsEvolved = metadata is not null && metadata.Metadata.Schemas is not [{ Id: 0 }],
        };
    }

    /// <summary>The newest hot segment of each node, or none.</summary>
    public IEnumerable<string> NewestHotEvents() => hot[LakeTable.Events.Name]
        .GroupBy(segment => Path.GetFileName(segment.Path).Split('-')[0])
        .Select(node => node.MaxBy(segment => segment.End)!.Path);

    /// <summary>The greatest receive time in the committed files, by their bounds; null if there is none.</summary>
    public async Task<DateTimeOffset?> CommittedUpToAsync(CancellationToken ct) =>
        tables.TryGetValue(LakeTable.Events.Name, out var events) ? await committed.OfAsync(events, ct) : null;
}

/// <summary>What a query reads of one table.</summary>
/// <param name="LakeFiles">Paths of committed files and their sizes in bytes.</param>
/// <param name="HotFiles">Paths of hot segments.</param>
internal sealed record TablePlan(
    LakeTable Table, IReadOnlyDictionary<string, long> LakeFiles, IReadOnlyList<string> HotFiles)
{
    /// <summary>True if the table had another schema once, so that its files may differ.</summary>
    public bool IsEvolved { get; init; }

    public IEnumerable<string> Files => LakeFiles.Keys.Concat(HotFiles);
}
