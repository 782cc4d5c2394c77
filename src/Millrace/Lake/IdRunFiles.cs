using System.Globalization;
using System.Security.Cryptography;
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
    [property: JsonPropertyName("received_max")] long ReceivedMax, long Count)
{
    [JsonIgnore]
    public IdRunRange Range => new(
        ulong.Parse(Node, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), First, End, ReceivedMin,
        ReceivedMax);

    /// <exception cref="CatalogDamagedException">It is no row of this name.</exception>
    public static IdRunRow Read(string name, string text)
    {
        try
        {
            if (JsonSerializer.Deserialize(text, IdRunJson.Default.IdRunRow) is { } row && row.Range.FileName == name)
            {
                return row;
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or OverflowException
            or ArgumentException)
        {
            throw new CatalogDamagedException("catalog.db", unreadable, $"the row of the id run {name} is unreadable");
        }
        throw new CatalogDamagedException("catalog.db", null, $"the row of the id run {name} says another range");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IdRunRow))]
internal sealed partial class IdRunJson : JsonSerializerContext;

/// <summary>The id runs of a node as the catalog knows them: opens them at start, writes one a commit,
/// merges neighbours.</summary>
/// <remarks>A file without a row is the trace of a commit that did not happen, and is deleted at start.</remarks>
internal sealed class IdRunFiles(ICatalog catalog, IDisk disk, string directory, ulong node)
{
    public const string SideTable = "id_runs";
    public const string KeyTable = "settings";
    private const string KeyName = "id_key";

    /// <summary>Ends the name of a damaged run that was set aside.</summary>
    private const string SetAsideSuffix = ".damaged";

    /// <summary>Fewest runs that are merged: look-ups pass every run's filter.</summary>
    private const int MergedAt = 8;

    private readonly IdFilterBudget _budget = new();
    private IdHash? _hash;

    /// <summary>The hash of this catalog. Valid after <see cref="OpenAsync"/>.</summary>
    public IdHash Hash => _hash ?? throw new InvalidOperationException("The id runs are not open.");

    /// <summary>Opens all runs of the catalog; nothing is scanned but <paramref name="suspects"/>.</summary>
    /// <param name="suspects">Paths of runs of which every page is to be checked.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="IdRunException">One is newer, or made with another key.</exception>
    /// <exception cref="CatalogDamagedException">The key or a row is not what was written.</exception>
    public async Task<OpenedRuns> OpenAsync(IReadOnlySet<string> suspects, CancellationToken ct)
    {
        disk.CreateDirectory(directory);
        _hash = new IdHash(await KeyAsync(ct));
        var rows = await catalog.ReadSideAsync(SideTable, ct);
        var own = $"{node:x16}-";
        Delete(disk.List(directory).Where(name => name.StartsWith(own, StringComparison.Ordinal)
            && !name.EndsWith(SetAsideSuffix, StringComparison.Ordinal) && !rows.ContainsKey(name)));
        var opened = new OpenedRuns(new IdRuns(), []);
        try
        {
            foreach (var (name, text) in rows)
            {
                Open(IdRunRow.Read(name, text), suspects, opened);
            }
            return opened;
        }
        catch
        {
            opened.Runs.Dispose();
            throw;
        }
    }

    /// <summary>The key of ids, from the rows of <see cref="KeyTable"/>; null: there is none yet.</summary>
    /// <exception cref="CatalogDamagedException">It is not what was written.</exception>
    public static byte[]? ReadKey(IReadOnlyDictionary<string, string> settings) =>
        !settings.TryGetValue(KeyName, out var known) ? null
        : known.Length == 2 * IdHash.KeyBytes && known.All(char.IsAsciiHexDigit) ? Convert.FromHexString(known)
        : throw new CatalogDamagedException("catalog.db", null, "its key of ids is unreadable");

    /// <summary>Moves a damaged run out of the way, under a name that nothing removes.</summary>
    /// <returns>That name; null if there is no file.</returns>
    public string? SetAside(DamagedRun damaged)
    {
        var path = Path.Combine(directory, damaged.Row.Range.FileName);
        if (!File.Exists(path))
        {
            return null;
        }
        disk.Rename(path, path + SetAsideSuffix);
        disk.SyncDirectory(directory);
        return Path.GetFileName(path) + SetAsideSuffix;
    }

    /// <summary>Writes a run, durable but not yet in the catalog.</summary>
    public IdRun Write(IdRunRange range, IReadOnlyCollection<IdEntry> entries) => Open(IdRunWriter.Write(
        disk, directory, new IdRunContent(range, Hash.KeyCheck, entries.Count, entries)));

    /// <summary>Puts runs in the place of a damaged one, in one transaction.</summary>
    public Task SwapAsync(DamagedRun damaged, IReadOnlyList<IdRun> runs, CancellationToken ct) =>
        catalog.CommitAsync(
            new CatalogCommit(
                [], [new SideRow(SideTable, damaged.Row.Range.FileName, null), .. runs.Select(RowOf)]), ct);

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
        try
        {
            await SwapAsync(inputs, merged, ct);
        }
        catch
        {
            merged.Dispose();
            throw;
        }
        return new IdRunMerge(inputs, merged);
    }

    /// <summary>Should it not be known whether the rows were swapped, the catalog is asked: rows of runs that overlap
    /// must never come to be.</summary>
    private async Task SwapAsync(List<IdRun> inputs, IdRun merged, CancellationToken ct)
    {
        var row = RowOf(merged);
        try
        {
            await catalog.CommitAsync(new CatalogCommit([], [row, .. inputs.Select(NoRow)]), ct);
        }
        catch (CommitUnknownException)
        {
            if (!(await catalog.ReadSideAsync(SideTable, ct)).ContainsKey(row.Key))
            {
                throw;
            }
        }
    }

    /// <summary>Takes runs of this node that count no more out of the catalog, and removes their files.</summary>
    public async Task ForgetAsync(IReadOnlyList<IdRun> runs, CancellationToken ct)
    {
        if (runs.Count > 0)
        {
            await catalog.CommitAsync(new CatalogCommit([], [.. runs.Select(NoRow)]), ct);
            Remove(runs);
        }
    }

    /// <summary>Removes the files of runs that have no row any more.</summary>
    public void Remove(IEnumerable<IdRun> runs) => Delete(runs.Select(run => Path.GetFileName(run.Path)));

    public bool IsOwn(IdRun run) => run.Range.Node == node;

    /// <summary>Neighbours in the log of one UTC day, none of which holds more than a quarter of their ids.</summary>
    /// <remarks>So the run that an id stands in grows at least fourfold with each merge: ids are rewritten
    /// seldom.</remarks>
    private List<IdRun>? Mergeable(IReadOnlyList<IdRun> runs)
    {
        var own = runs.Where(IsOwn).OrderBy(run => run.Range.First).ToList();
        for (var first = 0; first + MergedAt <= own.Count; first++)
        {
            long sum = 0, largest = 0;
            for (var last = first; last < own.Count && Day(own[last]) == Day(own[first]); last++)
            {
                sum += own[last].Count;
                largest = Math.Max(largest, own[last].Count);
                if (last - first + 1 >= MergedAt && largest <= sum / 4)
                {
                    return own.GetRange(first, last - first + 1);
                }
            }
        }
        return null;
    }

    private void Delete(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            disk.Delete(Path.Combine(directory, name));
        }
    }

    private static SideRow NoRow(IdRun run) => new(SideTable, Path.GetFileName(run.Path), null);

    private static long Day(IdRun run) => run.Range.ReceivedMax / (24L * 3600 * 1_000_000);

    private IdRun Open(string path) => IdRun.Open(path, Hash.KeyCheck, _budget);

    private void Open(IdRunRow row, IReadOnlySet<string> suspects, OpenedRuns opened)
    {
        var path = Path.Combine(directory, row.Range.FileName);
        IdRun? run = null;
        try
        {
            run = Open(path);
            if (suspects.Contains(path))
            {
                run.CheckEntries();
            }
        }
        catch (Exception damage) when (damage is FileNotFoundException or IdRunException { IsDamage: true })
        {
            run?.Dispose();
            opened.Damaged.Add(new DamagedRun(row, damage.Message));
            return;
        }
        opened.Add(run);
    }

    private async Task<byte[]> KeyAsync(CancellationToken ct)
    {
        if (ReadKey(await catalog.ReadSideAsync(KeyTable, ct)) is { } known)
        {
            return known;
        }
        // A secret: who could guess it could make the ids of others meet.
        var key = RandomNumberGenerator.GetBytes(IdHash.KeyBytes);
        await catalog.CommitAsync(
            new CatalogCommit([], [new SideRow(KeyTable, KeyName, Convert.ToHexStringLower(key))]), ct);
        return key;
    }
}

/// <summary>The runs of a catalog: those that can be read, and those that cannot.</summary>
internal sealed record OpenedRuns(IdRuns Runs, List<DamagedRun> Damaged)
{
    /// <exception cref="CatalogDamagedException">The catalog has a row for another run over the same
    /// records.</exception>
    public void Add(IdRun run)
    {
        try
        {
            Runs.Add(run);
        }
        catch (ArgumentException overlap)
        {
            var name = Path.GetFileName(run.Path);
            run.Dispose();
            throw new CatalogDamagedException("catalog.db", overlap, $"the row of the id run {name} overlaps another");
        }
    }
}

/// <summary>A run that must be made again before ids can be looked up.</summary>
/// <param name="Row">What the catalog says of it.</param>
/// <param name="Fault">What is wrong with its file, as a sentence.</param>
internal sealed record DamagedRun(IdRunRow Row, string Fault);

/// <summary>Runs that became one.</summary>
internal sealed record IdRunMerge(IReadOnlyList<IdRun> Inputs, IdRun Merged);
