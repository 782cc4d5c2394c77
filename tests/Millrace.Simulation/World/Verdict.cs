using System.Globalization;
using System.Text.Json;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Simulation.Machine;

namespace Millrace.Simulation.World;

/// <summary>Compares what the lake holds with what clients were told. Reads the committed files through the metadata,
/// and nothing that the program remembers.</summary>
internal sealed class Verdict(Host host, Clients clients)
{
    private readonly Dictionary<int, SentEvent> _events =
        clients.Batches.SelectMany(batch => batch.Events).ToDictionary(sent => sent.Serial);

    private readonly Dictionary<int, string> _tenants = clients.Batches
        .SelectMany(batch => batch.Events.Select(sent => (sent.Serial, batch.Tenant)))
        .ToDictionary(sent => sent.Serial, sent => sent.Tenant);

    /// <exception cref="ViolationException">A promise is broken.</exception>
    public async Task CheckAsync()
    {
        var store = host.Store();
        var files = new Dictionary<LakeTable, string>();
        LakePosition? position = null;
        foreach (var lakeTable in LakeTable.All)
        {
            var table = await Table.LoadAsync(host.Catalog, lakeTable.TableName, store, default)
                ?? throw new ViolationException($"There is no table {lakeTable.Name}.");
            var findings = await IntegrityCheck.RunAsync(table, store, default);
            Require(findings.Count == 0, () => $"The files of {lakeTable.Name}: {findings[0]}");
            files[lakeTable] = await ExportAsync(table);
            position = lakeTable == LakeTable.Events ? LakeTables.PositionOf(table.Metadata, Host.NodeText) : position;
        }
        var stored = files[LakeTable.Events] is { Length: > 0 } events ? CheckStored(events) : [];
        var failed = files[LakeTable.FailedEvents] is { Length: > 0 } rows ? CheckFailed(rows) : [];
        CheckAnswers(stored, failed);
        if (files[LakeTable.Ledger] is { Length: > 0 } ledger)
        {
            CheckLedger(ledger, stored.Count, failed.Count, position!.Value);
        }
        host.Totals.Rows += stored.Count + failed.Count;
    }

    private static void Require(bool holds, Func<string> message)
    {
        if (!holds)
        {
            throw new ViolationException(message());
        }
    }

    /// <summary>What of the table's current snapshot DuckDB shall read, as an SQL relation; empty: there is
    /// nothing.</summary>
    private async Task<string> ExportAsync(Table table)
    {
        var store = host.Store();
        var planned = await new Planner(new TableStore(store, new Author(TimeProvider.System, new Random(0), "check")))
            .PlanAsync(table, Predicate.All, default);
        var paths = new List<string>();
        foreach (var file in planned)
        {
            var path = Path.Combine(host.Places.Read, Path.GetFileName(file.Path));
            ProcessDisk.Export(host.Media, store.LocalPath(file.Path), path);
            paths.Add(path);
        }
        return paths.Count == 0 ? "" : $"read_parquet({Millrace.Events.Sql.List(paths)}, hive_partitioning = false)";
    }

    /// <returns>The serial of each row by its place in the log.</returns>
    private Dictionary<(long Offset, int Index), int> CheckStored(string relation)
    {
        var stored = new Dictionary<(long, int), int>();
        var ids = new HashSet<(string, string)>();
        foreach (var row in Rows($"SELECT tenant, event_id, log_offset, batch_index, properties FROM {relation}"))
        {
            var (tenant, id, place) = ((string)row[0]!, (string)row[1]!, ((long)row[2]!, (int)row[3]!));
            var serial = SerialOf((string)row[4]!);
            var sent = _events[serial];
            Require(stored.TryAdd(place, serial), () => $"The event at {place} stands in the lake twice.");
            Require(ids.Add((tenant, id)), () => $"The id {id} of {tenant} stands in the lake twice.");
            Require(!sent.Fails && tenant == _tenants[serial] && id == (sent.Id ?? LineageId(place)),
                () => $"The event at {place} is {serial} as {id} of {tenant}, and was sent as {sent}.");
        }
        return stored;
    }

    private Dictionary<(long Offset, int Index), int> CheckFailed(string relation)
    {
        var failed = new Dictionary<(long, int), int>();
        foreach (var row in Rows($"SELECT tenant, log_offset, batch_index, decode(payload[2:]) FROM {relation}"))
        {
            var place = ((long)row[1]!, (int)row[2]!);
            using var json = JsonDocument.Parse((string)row[3]!);
            var serial = json.RootElement.GetProperty("properties").GetProperty("n").GetInt32();
            Require(failed.TryAdd(place, serial), () => $"The failed event at {place} stands in the lake twice.");
            Require(_events[serial].Fails && (string)row[0]! == _tenants[serial],
                () => $"The event {serial} at {place} should not have failed.");
        }
        return failed;
    }

    /// <summary>Each event of each yes: in its place, or as a duplicate of an earlier one with its id.</summary>
    private void CheckAnswers(
        Dictionary<(long Offset, int Index), int> stored, Dictionary<(long Offset, int Index), int> failed)
    {
        var ids = stored.ToLookup(row => (_tenants[row.Value], _events[row.Value].Id), row => row.Key);
        foreach (var (batch, offset) in clients.Answers)
        {
            for (var index = 0; index < batch.Events.Count; index++)
            {
                var (sent, place) = (batch.Events[index], (offset, index));
                var isInPlace = (sent.Fails ? failed : stored).TryGetValue(place, out var serial)
                    && serial == sent.Serial;
                var isDuplicate = sent is { Fails: false, Id: not null }
                    && ids[(batch.Tenant, sent.Id)].Any(first => first.CompareTo(place) < 0);
                Require(isInPlace || isDuplicate, () => $"{sent} of {batch.Tenant} at {place} was acknowledged and is lost.");
            }
        }
    }

    private void CheckLedger(string relation, int stored, int failed, LakePosition position)
    {
        var open = Rows(
            $"""
            SELECT minute, tenant FROM {relation} GROUP BY ALL
            HAVING coalesce(sum(events) FILTER (outcome = 'received'), 0)
                <> coalesce(sum(events) FILTER (outcome <> 'received'), 0)
            """).ToList();
        Require(open.Count == 0, () => $"The ledger does not close for {open[0][1]} at {open[0][0]}.");
        var sums = Rows($"SELECT outcome, sum(events)::BIGINT FROM {relation} GROUP BY outcome")
            .ToDictionary(row => (string)row[0]!, row => (long)row[1]!);
        var acknowledged = clients.Answers.Sum(yes => yes.Batch.Events.Count);
        Require(sums.GetValueOrDefault("stored") == stored && sums.GetValueOrDefault("failed") == failed
            && sums.GetValueOrDefault("damaged") == 0 && sums.GetValueOrDefault("received") >= acknowledged,
            () => $"The ledger says {string.Join(", ", sums)}; there are {stored} rows, {failed} failed ones, "
                + $"and {acknowledged} events were acknowledged.");
        Require(position.Events == sums.GetValueOrDefault("received"),
            () => $"The position stands behind {position.Events} events, the ledger received {string.Join(", ", sums)}.");
    }

    private static int SerialOf(string properties)
    {
        using var json = JsonDocument.Parse(properties);
        return json.RootElement.GetProperty("n").GetInt32();
    }

    private static string LineageId((long Offset, int Index) place) =>
        string.Create(CultureInfo.InvariantCulture, $"{Host.NodeText}-{place.Offset}-{place.Index}");

    private List<object?[]> Rows(string sql)
    {
        using var result = host.Duck.Checking.Query(sql);
        return [.. result.Rows()];
    }
}

/// <summary>The program broke a promise.</summary>
internal sealed class ViolationException(string message) : Exception(message);
