using System.Globalization;
using Millrace.Iceberg;

namespace Millrace.Integration;

/// <summary>SIGKILL at random moments under load, judged by the clients' own list of what they were promised.</summary>
public class KillTests
{
    private const int Kills = 10;
    private const int ExpiryAfter = 5;

    private readonly Random _random;
    private readonly string _seed;

    public KillTests(ITestOutputHelper output)
    {
        var seed = Environment.GetEnvironmentVariable("MILLRACE_SEED")
            ?? DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        _random = new Random(int.Parse(seed, CultureInfo.InvariantCulture));
        _seed = $"MILLRACE_SEED={seed}";
        output.WriteLine(_seed);
    }

    [Fact]
    public async Task Ten_kills_lose_nothing_that_was_promised_and_double_nothing()
    {
        // Small enough that some kills hit a commit, a new segment, a merge of id runs.
        using var workspace = new Workspace(
            new WorkspaceSettings { SegmentBytes = 256 << 10, CommitBytes = 512 << 10 });
        using var acknowledged = new Acknowledged(workspace.In("acknowledged.txt"));
        await using (var driver = new LoadDriver(workspace.Url, acknowledged, new LoadShape("kill")))
        {
            for (var kill = 1; kill <= Kills; kill++)
            {
                await KillOnceAsync(workspace, acknowledged);
                if (kill == ExpiryAfter)
                {
                    await ExpireAsync(workspace);
                }
            }
            await using var last = await Server.StartAsync(workspace);
            await driver.FinishAsync();
            driver.Retries.ShouldBeGreaterThan(0);
            await last.StopAsync();
        }

        await using var server = await Server.StartAsync(workspace);
        await ShouldHoldExactlyAsync(server.Api, acknowledged.Read());
        (await server.Api.LedgerAsync()).ShouldClose();
        await server.StopAsync();
        using var lake = await LakeFiles.OpenAsync(workspace);
        (await lake.ProblemsAsync()).ShouldBeEmpty(_seed);
    }

    private async Task KillOnceAsync(Workspace workspace, Acknowledged acknowledged)
    {
        if (_random.Next(2) == 0)
        {
            // A recovery that is itself cut short.
            await using var starting = ChildProcess.Start(Server.Command(workspace, workspace.Address));
            await Task.Delay(_random.Next(1, 600));
            await starting.KillAsync();
        }
        await using var server = await Server.StartAsync(workspace);
        // From within the first appends after a start to beyond some commits.
        var more = _random.Next(1, 4_000);
        var target = acknowledged.Count + more;
        await Eventually.BeTrueAsync(() => acknowledged.Count >= target, TimeSpan.FromSeconds(30));
        await server.KillAsync();
    }

    private static async Task ExpireAsync(Workspace workspace)
    {
        using var lake = await LakeFiles.OpenAsync(workspace);
        await using (var server = await Server.StartAsync(workspace))
        {
            await Eventually.SeeAsync(() => EventsAsync(lake), events => events.Snapshots.Count >= 3);
            await server.KillAsync();
        }
        await lake.ExpireAsync();
        (await EventsAsync(lake)).Snapshots.Count.ShouldBe(1);
    }

    private static async Task<TableMetadata> EventsAsync(LakeFiles lake) =>
        (await lake.LoadAsync()).Single(table => table.Name.Name == "events").Metadata;

    private async Task ShouldHoldExactlyAsync(Api api, IReadOnlyList<string> acknowledged)
    {
        var rows = await api.LinesAsync("SELECT event_id, count(*) AS copies FROM events GROUP BY event_id");
        var copies = rows.Select(row => row.Split(',')).ToDictionary(row => row[0], row => row[1]);
        acknowledged.Count.ShouldBeGreaterThan(Kills * 20);
        acknowledged.Where(id => !copies.ContainsKey(id)).Take(5).ShouldBeEmpty($"missing; {_seed}");
        copies.Where(row => row.Value != "1").Take(5).ShouldBeEmpty($"doubled; {_seed}");
        // Every batch ended with a yes, so nothing else can be there.
        copies.Count.ShouldBe(acknowledged.Count, _seed);
    }
}
