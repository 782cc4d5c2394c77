using System.Collections.Concurrent;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Where queries find the tables: the catalog, and the files of a data directory. Thread safe.</summary>
internal sealed class LakeReader
{
    private static readonly TableName[] Names = [.. LakeTable.All.Select(table => table.TableName)];

    private readonly ICatalog _catalog;
    private readonly IObjectStore _objects;
    private readonly string _hotDirectory;
    private readonly Planner _planner;
    private readonly CommittedTime _committed;
    private readonly ConcurrentDictionary<TableName, Table> _latest = [];

    public LakeReader(ICatalog catalog, TableStore store, string directory)
    {
        (_catalog, _objects, _hotDirectory) = (catalog, store.Objects, Path.Combine(directory, "hot"));
        Directories = [Path.Combine(directory, "lake"), _hotDirectory];
        _planner = new Planner(store);
        _committed = new CommittedTime(_planner);
    }

    /// <summary>All files that a query may read are in these.</summary>
    public IReadOnlyList<string> Directories { get; }

    /// <summary>All tables as of one commit, and the hot segments after it.</summary>
    public async Task<LakeView> SnapshotAsync(CancellationToken ct)
    {
        var snapshot = await _catalog.SnapshotAsync(Names, [], ct);
        var tables = new Dictionary<string, Table>();
        foreach (var (name, location) in snapshot.Locations)
        {
            tables[name.Name] = await LoadAsync(name, location, ct);
        }
        // The position of `events` is every table's: a commit swaps them together, and writes the others only with
        // rows.
        var events = tables.GetValueOrDefault(LakeTable.Events.Name);
        var positions = new Dictionary<string, long>();
        long PositionOf(string node) => positions.TryGetValue(node, out var known) ? known
            : positions[node] = events is null ? 0 : Positions.Read(events.Metadata, node) ?? 0;
        // Listed after the snapshot was taken, so that what a commit moves in between is seen once, in its hot segment.
        var hot = LakeTable.All.ToDictionary(
            table => table.Name, table => HotSegments.List(_hotDirectory, table, PositionOf));
        return new LakeView(tables, hot, _planner, _objects, _committed);
    }

    private async Task<Table> LoadAsync(TableName name, string location, CancellationToken ct)
    {
        if (_latest.TryGetValue(name, out var known) && known.MetadataLocation == location)
        {
            return known;
        }
        return _latest[name] = await Table.LoadAsync(name, location, _objects, ct);
    }
}
