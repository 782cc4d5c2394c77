using System.Text.Json.Nodes;

namespace Millrace.Integration.FailingDisk;

/// <summary>File systems that fill up, with and without saying so, and one that is slow.</summary>
public class FullDiskTests(ITestOutputHelper output)
{
    private const long MiB = 1 << 20;

    private static readonly DoorLoad Load = new("full") { TextBytes = 200 };

    [Fact]
    public async Task A_full_disk_shuts_the_door_before_it_stops_the_lake_and_opens_it_again_when_there_is_room()
    {
        Assert.SkipWhen(SmallDisk.WhyNot() is not null, SmallDisk.WhyNot() ?? "");
        using var workspace = new Workspace(new WorkspaceSettings { SegmentBytes = MiB, CommitSeconds = 1 });
        await using var disk = await SmallDisk.MountAtAsync(workspace.Data, 96 * MiB);
        await using var run = await FaultRun.StartAsync(workspace, Load);
        await run.PromiseMoreAsync(2_000);

        // 5 %: less than the log asks for, enough for the lake.
        await disk.FillAsync(5 * MiB);
        await run.BeRefusedAsync();
        await run.LakeCommitsMeanwhileAsync("a disk that is 95 % full");
        disk.Empty();
        await run.RecoverAsync();

        for (var time = 0; time < 2; time++)
        {
            await disk.FillAsync(0);
            await run.BeRefusedAsync();
            disk.Empty();
            await run.RecoverAsync();
        }

        Write(run);
        await run.CheckAsync();
    }

    [Fact]
    public async Task A_log_that_filled_the_disk_is_emptied_by_the_lake_and_takes_again_without_help()
    {
        Assert.SkipWhen(SmallDisk.WhyNot() is not null, SmallDisk.WhyNot() ?? "");
        using var workspace = new Workspace(
            new WorkspaceSettings { SegmentBytes = MiB, CommitSeconds = 1, CommitBytes = 2 * MiB });
        Shorten(workspace);
        await using var disk = await SmallDisk.MountAtAsync(workspace.Data, 48 * MiB);
        await using var run = await FaultRun.StartAsync(
            workspace, Load with { BatchEvents = 200, TextBytes = 0 }, "--roles", "collect");
        await run.BeRefusedAsync();

        await using (var lake = await Server.StartAtAsync(
            workspace, $"127.0.0.1:{Workspace.FreePort()}", "--roles", "lake,query"))
        {
            await run.PromiseMoreAsync(10_000);
        }

        await run.CheckAsync();
    }

    [Fact]
    public async Task A_disk_that_takes_writes_and_cannot_keep_them_is_found_out_by_its_syncs()
    {
        Assert.SkipWhen(ThinDisk.WhyNot() is not null, ThinDisk.WhyNot() ?? "");
        using var workspace = new Workspace(new WorkspaceSettings { SegmentBytes = MiB, CommitSeconds = 1 });
        await using (var first = await Server.StartAsync(workspace, "--roles", "query"))
        {
            await first.StopAsync(); // now the directory has a node, and no log yet
        }
        await using var disk = await ThinDisk.MountAtAsync(Path.Combine(workspace.Data, "log"));
        await using var run = await FaultRun.StartAsync(
            workspace, Load with { BatchEvents = 100 }, "--roles", "collect");
        await run.PromiseMoreAsync(2_000);

        disk.Fill(64 << 10);
        await run.BeRefusedAsync();
        new DriveInfo(disk.Path).AvailableFreeSpace.ShouldBeGreaterThan(100 * MiB, "It should not say that it is full.");
        disk.Empty();
        await run.PromiseMoreAsync(2_000);
        disk.Fill(64 << 10);
        await run.BeRefusedAsync();
        await run.KillAsync();
        disk.Empty(); // or the file system could not write its own structures back
        await disk.ForgetUnsyncedAsync();

        await run.CheckAsync();
    }

    [Fact]
    public async Task On_a_slow_disk_a_yes_comes_late_and_nothing_else_changes()
    {
        FaultyCalls.SkipUnlessPossible();
        using var workspace = new Workspace(new WorkspaceSettings { SegmentBytes = 64 << 10, CommitSeconds = 1 });
        await using var run = await FaultRun.StartAsync(workspace, Load);
        await using (var slow = await run.BeginAsync(
            new CallFault("fdatasync,fsync", "delay_enter=300ms") { Threads = "millrace log" }))
        {
            await run.PromiseMoreAsync(500);
            slow.Delayed.Count.ShouldBeGreaterThan(3);
            (await run.Api.LedgerAsync()).ShouldClose();
        }

        await run.RecoverAsync();
        run.Refusals.ShouldBe(0);
        Write(run);
        await run.CheckAsync();
    }

    /// <summary>Queries end early, so that hot segments, which they may read, go early.</summary>
    private static void Shorten(Workspace workspace)
    {
        var settings = JsonNode.Parse(File.ReadAllText(workspace.SettingsFile))!;
        settings["query"] = new JsonObject { ["timeout_seconds"] = 2, ["timeout_seconds_max"] = 2 };
        File.WriteAllText(workspace.SettingsFile, settings.ToJsonString());
    }

    private void Write(FaultRun run) => output.WriteLine(string.Join('\n', run.Recoveries));
}
