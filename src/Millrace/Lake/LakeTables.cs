using System.Globalization;
using Millrace.Control;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>The lake's tables in a catalog: where they are, how they begin, how far a node's log is in them.</summary>
internal sealed class LakeTables
{
    /// <summary>Summary key beside the position: events in all records before it since the node's log began.</summary>
    public const string EventsKeyPrefix = "millrace.events.";

    private static readonly Dictionary<string, string> Properties = new()
    {
        ["write.format.default"] = "parquet",
        ["write.parquet.compression-codec"] = "zstd",
        ["write.metadata.metrics.default"] = "truncate(16)",
        ["write.metadata.metrics.column." + LakeTable.TenantColumn] = "full",
        ["write.delete.mode"] = "copy-on-write",
        ["write.update.mode"] = "copy-on-write",
        ["write.merge.mode"] = "copy-on-write",
        ["write.metadata.previous-versions-max"] = "100",
    };

    private readonly string _root;
    private volatile Seen? _lastSeen;

    private LakeTables(ICatalog catalog, TableStore store, string root) =>
        (Catalog, Store, _root) = (catalog, store, root);

    public ICatalog Catalog { get; }

    public TableStore Store { get; }

    /// <summary>The tables of a catalog whose files are under a local directory.</summary>
    public static LakeTables Open(ICatalog catalog, LocalStore objects, Author author) =>
        Open(catalog, objects, objects.RootLocation, author);

    /// <summary>The tables of a catalog whose files a store keeps.</summary>
    /// <param name="root">Location of the directory of all tables, without a trailing slash.</param>
    public static LakeTables Open(ICatalog catalog, IObjectStore objects, string root, Author author) =>
        new(catalog, new TableStore(objects, author), root);

    /// <summary>Where the lake was made, if that is not where it is now; null: it is in its place, or empty.</summary>
    /// <remarks>Iceberg metadata holds absolute locations.</remarks>
    public async Task<string?> FormerRootAsync(CancellationToken ct)
    {
        var location = await Catalog.LoadAsync(LakeTable.Events.TableName, ct);
        var tail = location?.IndexOf($"/{LakeTable.Events.Name}/metadata/", StringComparison.Ordinal) ?? -1;
        return tail < 0 || location!.StartsWith(_root + "/", StringComparison.Ordinal) ? null : location[..tail];
    }

    /// <summary>What to say where <see cref="FormerRootAsync"/> names a place.</summary>
    public static OperatorException Moved(string directory, string former) => new(
        OperatorException.Failed,
        $"The lake in '{directory}' was made at {former}, and its tables hold that location: move it back.");

    /// <summary>0, the position of a lake in which there is nothing.</summary>
    /// <exception cref="IcebergFormatException">There is something: the catalog was lost.</exception>
    public async Task<long> StartAsync(CancellationToken ct)
    {
        if (await Catalog.LoadAsync(LakeTable.Events.TableName, ct) is null)
        {
            await RefuseIfUsedAsync(LakeTable.Events, ct);
        }
        return 0;
    }

    /// <summary>Creates the tables that are missing, all in one transaction.</summary>
    /// <exception cref="IcebergFormatException">The catalog does not know a table whose data files are
    /// there.</exception>
    public async Task CreateMissingAsync(CancellationToken ct)
    {
        var known = await Catalog.SnapshotAsync([.. LakeTable.All.Select(table => table.TableName)], [], ct);
        var missing = LakeTable.All.Where(table => !known.Locations.ContainsKey(table.TableName)).ToList();
        foreach (var table in missing)
        {
            await RefuseIfUsedAsync(table, ct);
        }
        if (missing.Count > 0)
        {
            var changes = missing.Select(table => TableChange.Create(table.TableName, Definition(table))).ToList();
            await new Transaction(Catalog, Store).CommitAsync(new TransactionRequest(changes), ct);
        }
    }

    /// <summary>An empty catalog beside a lake is a lost one: to begin anew would hide all rows there are.</summary>
    /// <exception cref="IcebergFormatException">There are data files of the table.</exception>
    public async Task RefuseIfUsedAsync(LakeTable table, CancellationToken ct)
    {
        var data = $"{Location(table)}/data/";
        await foreach (var file in Store.Objects.ListAsync(data, ct))
        {
            throw new IcebergFormatException(
                file.Location, $"the catalog does not know the table '{table.Name}' of this file: catalog.db was lost "
                + "or emptied. Restore it, together with 'lake' and 'ids', from a backup of the data directory.");
        }
    }

    /// <summary>Reads what a commit will read of the tables.</summary>
    /// <exception cref="IcebergFormatException">Metadata or a list is damaged or missing.</exception>
    public async Task ProveAsync(CancellationToken ct)
    {
        foreach (var table in LakeTable.All)
        {
            if (await Table.LoadAsync(Catalog, table.TableName, Store.Objects, ct) is { } loaded)
            {
                await Store.ProveAsync(loaded, ct);
            }
        }
    }

    /// <summary>Up to where a node's log is in the lake; null if nothing of it was ever committed.</summary>
    /// <remarks>Thread safe. Asked every second: the metadata is read only when it is another file than last
    /// time.</remarks>
    public async Task<LakePosition?> PositionAsync(string node, CancellationToken ct)
    {
        var name = LakeTable.Events.TableName;
        if (await Catalog.LoadAsync(name, ct) is not { } location)
        {
            return null;
        }
        var seen = _lastSeen;
        if (seen?.Location != location || seen.Node != node)
        {
            var events = await Table.LoadAsync(name, location, Store.Objects, ct);
            _lastSeen = seen = new Seen(location, node, PositionOf(events.Metadata, node));
        }
        return seen.Position;
    }

    public static LakePosition? PositionOf(TableMetadata events, string node)
    {
        if (Positions.Read(events, node) is not { } offset)
        {
            return null;
        }
        var count = events.CurrentSnapshot?.Summary.GetValueOrDefault(EventsKeyPrefix + node)
            ?? events.Properties.GetValueOrDefault(EventsKeyPrefix + node);
        var isKnown = long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var before);
        return new LakePosition(offset, isKnown ? before : null);
    }

    /// <summary>Deletes files that were stored for a commit which came to nothing. Best effort: what a failing store
    /// keeps is part of no table, and found later.</summary>
    public async Task DiscardAsync(IEnumerable<string> locations)
    {
        foreach (var location in locations)
        {
            try
            {
                await Store.Objects.DeleteAsync(location, CancellationToken.None);
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    public string Location(LakeTable table) => $"{_root}/{table.Name}";

    private TableDefinition Definition(LakeTable table) => new(Location(table), table.Schema)
    {
        Spec = table.Partition,
        SortOrder = table.SortOrder,
        Properties = Properties,
    };

    private sealed record Seen(string Location, string Node, LakePosition? Position);
}

/// <summary>How far a node's log is in the lake.</summary>
/// <param name="Offset">Exclusive end offset.</param>
/// <param name="Events">Events in all records before it since the log began; null if a foreign commit hides it.</param>
internal readonly record struct LakePosition(long Offset, long? Events);
