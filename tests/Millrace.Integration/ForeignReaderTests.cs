using System.Text.Json;
using Millrace.Iceberg;

namespace Millrace.Integration;

/// <summary>The lake, read by programs that nobody here wrote, while traffic runs and after.</summary>
public class ForeignReaderTests
{
    private const int SampleEvery = 83;

    private static readonly IcebirdRequest Events = new("event_id") { Last = "log_offset" };
    private static readonly IcebirdRequest Failed = new("failed_id") { Last = "log_offset" };
    private static readonly IcebirdRequest LedgerRows = new("minute") { Sum = new GroupedSum("events", "outcome") };

    [Fact]
    public async Task Icebird_and_avsc_read_every_snapshot_and_agree_with_sql()
    {
        using var workspace = new Workspace(
            new WorkspaceSettings { CommitSeconds = 1, CompactSeconds = 0.05, SegmentBytes = 1 << 20 });
        await using var server = await Server.StartAsync(workspace);
        await using var icebird = new IcebirdReader();
        await using var traffic = ChildProcess.Start(MillraceProgram.Command(
            workspace, "generate", "--for", "12s", "--rate", "1000", "--seed", "3", "--tenant-name", Workspace.Tenant,
            "--to", server.Url, "--key", Workspace.WriteKey, "--json"));

        var seen = await ReadWhileRunningAsync(workspace, icebird, traffic);

        seen.ShouldBeGreaterThanOrEqualTo(3, "too few commits were read while traffic ran: nothing is shown");
        var sent = (await traffic.EndAsync(TimeSpan.FromSeconds(60))).Succeeded();
        using var report = JsonDocument.Parse(sent.LastLine);
        (await server.Api.SettledAsync(report.RootElement.GetProperty("accepted").GetInt64())).ShouldClose();
        using var lake = await LakeFiles.OpenAsync(workspace);
        foreach (var table in await lake.LoadAsync())
        {
            table.Metadata.Snapshots.ShouldContain(snapshot => snapshot.Summary["operation"] == "replace"
                && snapshot.Summary.ContainsKey("deleted-data-files"), $"{table.Name} was not compacted");
            await EverySnapshotShouldAgreeAsync(table, icebird, server.Api);
        }
        (await lake.ProblemsAsync()).ShouldBeEmpty();
        await AvroFilesShouldBeSoundAsync(workspace);
        await server.StopAsync();
    }

    /// <summary>Each instant of the catalog that is caught must add up in itself.</summary>
    /// <returns>How many were caught.</returns>
    private static async Task<int> ReadWhileRunningAsync(
        Workspace workspace, IcebirdReader icebird, ChildProcess traffic)
    {
        await Eventually.BeTrueAsync(() => File.Exists(Path.Combine(workspace.Data, "catalog.db")));
        using var lake = await LakeFiles.OpenAsync(workspace);
        var caught = new HashSet<string>();
        var instants = 0;
        while (!traffic.HasExited)
        {
            var tables = await Eventually.SeeAsync(
                lake.LocationsAsync,
                now => traffic.HasExited || now.TryGetValue("events", out var at) && !caught.Contains(at));
            if (tables.Count < LakeFiles.Tables.Count || !caught.Add(tables["events"]))
            {
                continue;
            }
            if (await icebird.CurrentAsync(tables["ledger"], LedgerRows) is { Sums: var became })
            {
                (await CountAsync(icebird, tables["events"], Events)).ShouldBe(became.GetValueOrDefault("stored"));
                (await CountAsync(icebird, tables["failed_events"], Failed))
                    .ShouldBe(became.GetValueOrDefault("failed"));
                became["received"].ShouldBe(became.Where(sum => sum.Key != "received").Sum(sum => sum.Value));
                instants++;
            }
        }
        return instants;
    }

    private static async Task<long> CountAsync(IcebirdReader icebird, string metadataFile, IcebirdRequest request) =>
        (await icebird.CurrentAsync(metadataFile, request))?.Count ?? 0;

    private static async Task EverySnapshotShouldAgreeAsync(Table table, IcebirdReader icebird, Api api)
    {
        var name = table.Name.Name;
        var request = name switch { "events" => Events, "failed_events" => Failed, _ => LedgerRows };
        var snapshots = await icebird.EveryAsync(
            new Uri(table.MetadataLocation).LocalPath, request with { SampleEvery = SampleEvery });
        snapshots.Count.ShouldBe(table.Metadata.Snapshots.Count);
        snapshots[^1].Count.ShouldBe(await api.NumberAsync($"SELECT count(*) FROM {name}"));
        if (name == "ledger")
        {
            var sums = await api.SqlAsync("SELECT outcome, sum(events) FROM ledger GROUP BY outcome");
            sums.ToDictionary(row => row[0].GetString()!, row => row[1].AsLong())
                .ShouldBe(snapshots[^1].Sums, ignoreOrder: true);
            return;
        }
        var sample = new SampleCheck(table, request.Key, api);
        foreach (var snapshot in snapshots)
        {
            // There is no time travel in our SQL: the rows of a snapshot are the first of the log.
            var end = name == "events"
                ? snapshot.Position.ShouldNotBeNull("a snapshot has no position") : snapshot.Last + 1;
            snapshot.Count.ShouldBe(await api.NumberAsync($"SELECT count(*) FROM {name} WHERE log_offset < {end}"));
            snapshot.Last.ShouldBeLessThan(end);
            await sample.RunAsync(snapshot.Rows);
        }
    }

    private static async Task AvroFilesShouldBeSoundAsync(Workspace workspace)
    {
        var outcome = (await NodeScript.RunAsync("avro.mjs", Path.Combine(workspace.Data, "lake"))).Succeeded();
        using var report = JsonDocument.Parse(outcome.LastLine);
        report.RootElement.GetProperty("problems").GetArrayLength().ShouldBe(0, outcome.LastLine);
        report.RootElement.GetProperty("lists").GetInt32().ShouldBeGreaterThan(3);
        report.RootElement.GetProperty("entries").GetInt32().ShouldBeGreaterThan(3);
    }
}
