namespace Millrace.Integration;

/// <summary>Collecting in one process, lake and queries in another, on one data directory.</summary>
public class RoleTests
{
    [Fact]
    public async Task Roles_in_two_processes_share_a_directory_and_survive_each_others_death()
    {
        using var workspace = new Workspace(new WorkspaceSettings { SegmentBytes = 64 << 10, CommitSeconds = 1 });
        using var acknowledged = new Acknowledged(workspace.In("acknowledged.txt"));
        var queryAddress = $"127.0.0.1:{Workspace.FreePort()}";
        Task<Server> CollectAsync() => Server.StartAsync(workspace, "--roles", "collect");
        Task<Server> LakeAsync() => Server.StartAtAsync(workspace, queryAddress, "--roles", "lake,query");

        var collect = await CollectAsync();
        var lake = await LakeAsync();
        await using (var driver = new LoadDriver(workspace.Url, acknowledged, new LoadShape("roles") { Clients = 2 }))
        {
            await MoreAsync(acknowledged, 1_000);
            await CountShouldReachAsync(lake.Api, acknowledged.Count);
            await using (lake)
            {
                await lake.KillAsync();
            }
            await MoreAsync(acknowledged, 1_000);
            lake = await LakeAsync();
            await CountShouldReachAsync(lake.Api, acknowledged.Count);
            await using (collect)
            {
                await collect.KillAsync();
            }
            collect = await CollectAsync();
            await MoreAsync(acknowledged, 1_000);
            await driver.FinishAsync();
        }
        await using (collect)
        {
            await collect.StopAsync();
        }
        await using (lake)
        {
            await lake.StopAsync();
        }

        // What the lake process drained is in the tables themselves, without log and hot segments.
        using (var files = await LakeFiles.OpenAsync(workspace))
        {
            var events = (await files.LoadAsync()).Single(table => table.Name.Name == "events");
            events.Metadata.CurrentSnapshot!.Summary["total-records"].ShouldBe($"{acknowledged.Count}");
        }
        await using var all = await Server.StartAsync(workspace);
        (await all.Api.NumberAsync("SELECT count(DISTINCT event_id) FROM events")).ShouldBe(acknowledged.Count);
        (await all.Api.LedgerAsync()).ShouldClose();
    }

    private static Task MoreAsync(Acknowledged acknowledged, int events)
    {
        var target = acknowledged.Count + events;
        return Eventually.BeTrueAsync(() => acknowledged.Count >= target);
    }

    private static async Task CountShouldReachAsync(Api api, long count) =>
        await Eventually.SeeAsync(() => api.NumberAsync("SELECT count(*) FROM events"), seen => seen >= count);
}
