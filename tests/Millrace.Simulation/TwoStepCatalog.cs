using System.Text.Json.Nodes;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>A catalog that commits the rows first, and the position they lead to in a second transaction.</summary>
internal sealed class TwoStepCatalog(ICatalog catalog, Host host) : ICatalog
{
    private static readonly string[] Keys =
        [Positions.KeyPrefix + Host.NodeText, LakeTables.EventsKeyPrefix + Host.NodeText];

    public Task<string?> LoadAsync(TableName table, CancellationToken ct) => catalog.LoadAsync(table, ct);

    public Task<IReadOnlyList<TableName>> ListAsync(CancellationToken ct) => catalog.ListAsync(ct);

    public Task<CatalogSnapshot> SnapshotAsync(
        IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables, CancellationToken ct) =>
        catalog.SnapshotAsync(tables, sideTables, ct);

    public Task<IReadOnlyDictionary<string, string>> ReadSideAsync(string table, CancellationToken ct) =>
        catalog.ReadSideAsync(table, ct);

    public async Task<CommitOutcome> CommitAsync(CatalogCommit commit, CancellationToken ct)
    {
        var whole = commit.Swaps.FirstOrDefault(
            swap => swap.Table == LakeTable.Events.TableName && swap.Expected is not null);
        if (whole is null)
        {
            return await catalog.CommitAsync(commit, ct);
        }
        var early = whole with { New = WithoutNewPosition(whole) };
        var swaps = commit.Swaps.Select(swap => swap == whole ? early : swap).ToList();
        var outcome = await catalog.CommitAsync(commit with { Swaps = swaps }, ct);
        return outcome == CommitOutcome.Conflict ? outcome
            : await catalog.CommitAsync(new CatalogCommit([whole with { Expected = early.New }], []), ct);
    }

    /// <returns>The location of the new metadata with the position of the old.</returns>
    private string WithoutNewPosition(TableSwap swap)
    {
        var (before, after) = (Read(swap.Expected!), Read(swap.New));
        foreach (var key in Keys)
        {
            Copy(key, before["properties"], after["properties"]!);
            Copy(key, Current(before)?["summary"], Current(after)!["summary"]!);
        }
        var location = swap.New.Replace(".metadata.json", "-early.metadata.json", StringComparison.Ordinal);
        host.Media.Place(host.Store().LocalPath(location), System.Text.Encoding.UTF8.GetBytes(after.ToJsonString()));
        return location;
    }

    private JsonNode Read(string location) => JsonNode.Parse(host.Media.Contents(host.Store().LocalPath(location))!)!;

    private static JsonNode? Current(JsonNode metadata)
    {
        var id = metadata["current-snapshot-id"]?.GetValue<long>();
        return metadata["snapshots"]?.AsArray().FirstOrDefault(snapshot => snapshot!["snapshot-id"]!.GetValue<long>() == id);
    }

    private static void Copy(string key, JsonNode? from, JsonNode to)
    {
        to.AsObject().Remove(key);
        if (from?[key] is { } value)
        {
            to[key] = value.DeepClone();
        }
    }
}
