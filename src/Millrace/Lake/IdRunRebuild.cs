using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>Makes a damaged id run again from the rows of <c>events</c> in its range of its node's log.</summary>
/// <remarks>
/// Stored rows claimed their ids, and nothing else does today: no rule drops events yet. Ids that an event was given
/// for want of its own were never claimed. Memory is bounded: a range with more ids than one commit may claim becomes
/// several runs, which are merged later like any neighbours.
/// </remarks>
internal sealed class IdRunRebuild(LakeTables tables, Connection connection, IdRunFiles files)
{
    /// <summary>Sets the damaged file aside, writes the run anew and swaps its row in the catalog.</summary>
    /// <returns>The runs, open and in the catalog.</returns>
    /// <exception cref="IcebergFormatException">Rows of its range cannot be read either: a data file is
    /// damaged.</exception>
    public async Task<RebuiltRun> RunAsync(DamagedRun damaged, CancellationToken ct)
    {
        var paths = await FilesAsync(damaged.Row, ct);
        var kept = files.SetAside(damaged);
        var runs = new List<IdRun>();
        try
        {
            runs.AddRange(Write(damaged.Row, paths));
            await files.SwapAsync(damaged, runs, ct);
            return new RebuiltRun(runs, kept);
        }
        catch
        {
            runs.ForEach(run => run.Dispose());
            throw;
        }
    }

    /// <summary>The committed files that may hold rows of the range, each with the bytes it was committed
    /// with.</summary>
    private async Task<List<string>> FilesAsync(IdRunRow row, CancellationToken ct)
    {
        var events = LakeTable.Events;
        if (await Table.LoadAsync(tables.Catalog, events.TableName, tables.Store.Objects, ct) is not { } table)
        {
            return [];
        }
        var (node, offset) = (events.Schema.Find("node")!.Id, events.Schema.Find("log_offset")!.Id);
        var range = new Predicate(
        [
            new Condition(node, Comparison.Equal, Bounds.String(row.Node)),
            new Condition(offset, Comparison.GreaterOrEqual, Bounds.Long(row.First)),
            new Condition(offset, Comparison.Less, Bounds.Long(row.End)),
        ]);
        var paths = new List<string>();
        foreach (var file in await new Planner(tables.Store).PlanAsync(table, range, ct))
        {
            var path = tables.Store.Objects.LocalPath(file.Path);
            paths.Add(DataFileName.IsSound(path) ? path
                : throw new IcebergFormatException(file.Path, "its checksum is wrong: restore it from a backup"));
        }
        return paths;
    }

    private IEnumerable<IdRun> Write(IdRunRow row, List<string> paths)
    {
        var entries = new List<IdEntry>();
        var first = row.First;
        foreach (var entry in Claimed(row, paths))
        {
            // Between two records only: a run holds all that a record claimed.
            if (entries.Count >= Claims.IdsPerGeneration && entry.Offset > entries[^1].Offset)
            {
                yield return files.Write(row.Range with { First = first, End = entry.Offset }, InOrder(entries));
                (first, entries) = (entry.Offset, []);
            }
            entries.Add(entry);
        }
        if (entries.Count > 0)
        {
            yield return files.Write(row.Range with { First = first }, InOrder(entries));
        }
    }

    private static List<IdEntry> InOrder(List<IdEntry> entries)
    {
        entries.Sort();
        return [.. entries.DistinctBy(entry => entry.Id)];
    }

    /// <summary>What the rows of a range claimed, in the order of the log.</summary>
    private IEnumerable<IdEntry> Claimed(IdRunRow row, List<string> paths)
    {
        if (paths.Count == 0)
        {
            yield break;
        }
        using var statement = connection.Prepare(
            $"SELECT tenant, event_id, log_offset FROM read_parquet({Sql.List(paths)}, hive_partitioning = false) "
            + "WHERE node = ? AND log_offset >= ? AND log_offset < ? "
            + "AND event_id <> concat(node, '-', log_offset, '-', batch_index) ORDER BY log_offset");
        using var result = statement.Bind(1, row.Node).Bind(2, row.First).Bind(3, row.End).Stream();
        while (result.NextChunk(out var chunk))
        {
            for (var at = 0; at < chunk.RowCount; at++)
            {
                var id = files.Hash.Id(chunk.Column(0).Utf8(at), chunk.Column(1).Utf8(at));
                yield return new IdEntry((ulong)(id >> 64), (ulong)id, chunk.Column(2).Get<long>(at));
            }
        }
    }
}

/// <summary>What a damaged run became.</summary>
/// <param name="Runs">Open, and in the catalog.</param>
/// <param name="Kept">The damaged file's name now; null if it was gone.</param>
internal sealed record RebuiltRun(IReadOnlyList<IdRun> Runs, string? Kept)
{
    public long Ids => Runs.Sum(run => run.Count);
}
