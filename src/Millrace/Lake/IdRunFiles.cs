using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>The row of a run in the side table <c>id_runs</c>; its key is the file's name.</summary>
internal sealed record IdRunRow(
    string Node, long First, long End,
    [property: JsonPropertyName("received_min")] long ReceivedMin,
    [property: JsonPropertyName("received_max")] long ReceivedMax, long Count);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IdRunRow))]
internal sealed partial class IdRunJson : JsonSerializerContext;

/// <summary>The id runs of a node as the catalog knows them: opens them at start, writes one a commit,
/// merges neighbours.</summary>
/// <remarks>A file without a row is the trace of a commit that did not happen, and is deleted at start.</remarks>
internal sealed class IdRunFiles(ICatalog catalog, IDisk disk, string directory, ulong node)
{
    public const string SideTable = "id_runs";
    private const string KeyTable = "settings";
    private const string KeyName = "id_key";

    /// <summary>Runs of one day and size class at which they are merged: look-ups pass every run's filter.</summary>
    private const int MergedAt = 8;

    private readonly IdFilterBudget _budget = new();
    private IdHash? _hash;

    /// <summary>The hash of this catalog. Valid after <see cref="OpenAsync"/>.</summary>
    public IdHash Hash => _hash ?? throw new InvalidOperationException("The id runs are not open.");

    /// <summary>Opens all runs of the catalog; nothing is scanned.</summary>
    public async Task<IdRuns> OpenAsync(Random random, CancellationToken ct)
    {
        disk.CreateDirectory(directory);
        _hash = new IdHash(await KeyAsync(random, ct));
        var rows = await catalog.ReadSideAsync(SideTable, ct);
        var own = $"{node:x16}-";
        foreach (var file in disk.List(directory).Where(name => name.StartsWith(own) && !rows.ContainsKey(name)))
        {
            disk.Delete(Path.Combine(directory, file));
        }
        var runs = new IdRuns();
        foreach (var name in rows.Keys)
        {
            runs.Add(Open(Path.Combine(directory, name)));
        }
        return runs;
    }

    /// <summary>Writes the ids a generation claimed. The run counts once its row is committed.</summary>
    public IdRun Write(Generation generation)
    {
        var range = new IdRunRange(
            node, generation.First, generation.To, generation.ReceivedMin, generation.ReceivedMax);
        var ids = generation.Ids.Sorted();
        return Open(IdRunWriter.Write(
            disk, directory, new IdRunContent(range, Hash.KeyCheck, ids.Length, ids)));
    }

    /// <summary>The row that makes a run count.</summary>
    public static SideRow RowOf(IdRun run) => new(SideTable, Path.GetFileName(run.Path), JsonSerializer.Serialize(
        new IdRunRow(
            $"{run.Range.Node:x16}", run.Range.First, run.Range.End,
            run.Range.ReceivedMin, run.Range.ReceivedMax, run.Count),
        IdRunJson.Default.IdRunRow));

    /// <summary>Merges the first neighbours that are enough and alike, and swaps their rows.</summary>
    /// <returns>Null: nothing to merge.</returns>
    public async Task<IdRunMerge?> MergeAsync(IReadOnlyList<IdRun> runs, CancellationToken ct)
    {
        if (Mergeable(runs) is not { } inputs)
        {
            return null;
        }
        var merged = Open(IdRunWriter.Write(disk, directory, IdRuns.Merge(inputs)));
        SideRow[] rows =
            [RowOf(merged), .. inputs.Select(run => new SideRow(SideTable, Path.GetFileName(run.Path), null))];
        await catalog.CommitAsync(new CatalogCommit([], rows), ct);
        return new IdRunMerge(inputs, merged);
    }

    /// <summary>Removes the files of runs that are no longer in the set.</summary>
    public void Delete(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            disk.Delete(path);
        }
    }

    /// <summary>Neighbours in the log of one UTC day and one size class (powers of <see cref="MergedAt"/>).</summary>
    private List<IdRun>? Mergeable(IReadOnlyList<IdRun> runs)
    {
        var stretch = new List<IdRun>();
        foreach (var run in runs.Where(run => run.Range.Node == node).OrderBy(run => run.Range.First))
        {
            if (stretch.Count > 0 && (Day(stretch[0]) != Day(run) || SizeClass(stretch[0]) != SizeClass(run)))
            {
                stretch.Clear();
            }
            stretch.Add(run);
            if (stretch.Count == MergedAt)
            {
                return stretch;
            }
        }
        return null;
    }

    private static long Day(IdRun run) => run.Range.ReceivedMax / (24L * 3600 * 1_000_000);

    private static int SizeClass(IdRun run) => (int)Math.Log(Math.Max(1, run.Count), MergedAt);

    private IdRun Open(string path) => IdRun.Open(path, Hash.KeyCheck, _budget);

    private async Task<byte[]> KeyAsync(Random random, CancellationToken ct)
    {
        if ((await catalog.ReadSideAsync(KeyTable, ct)).TryGetValue(KeyName, out var known))
        {
            return Convert.FromHexString(known);
        }
        var key = new byte[IdHash.KeyBytes];
        random.NextBytes(key);
        await catalog.CommitAsync(
            new CatalogCommit([], [new SideRow(KeyTable, KeyName, Convert.ToHexStringLower(key))]), ct);
        return key;
    }
}

/// <summary>Runs that became one.</summary>
internal sealed record IdRunMerge(IReadOnlyList<IdRun> Inputs, IdRun Merged);
