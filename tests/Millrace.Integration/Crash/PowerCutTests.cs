using Millrace.Log;

namespace Millrace.Integration;

/// <summary>Power cuts under load: a file system that loses all it has not written, at random moments and right where
/// strace has killed a process.</summary>
/// <remarks>MILLRACE_POWER_CUTS (for each file system) makes it long; see <see cref="KillTests"/>.</remarks>
public class PowerCutTests(ITestOutputHelper output)
{
    private readonly Seed _seed = new();

    [Theory]
    [InlineData("ext4", 3)]
    [InlineData("xfs", 2)]
    public async Task Power_cuts_lose_nothing_promised_and_double_nothing(string fileSystem, int cuts)
    {
        SkipUnlessPossible();
        using var folder = new Workspace();
        using var mount = await LoopMount.MakeAsync(folder.Folder, fileSystem);
        // The list of promises stays on the real disk.
        using var workspace = new Workspace(CrashRun.Settings) { Data = Path.Combine(mount.Path, "data") };
        var plan = new CrashPlan(
            Seed.Number("MILLRACE_POWER_CUTS") ?? cuts, Seed.Number("MILLRACE_CRASH_EVENTS") ?? 400,
            _seed.NewRandom(cuts))
        {
            Power = mount,
        };
        await new CrashRun(workspace, plan).RunAsync(_seed, output);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public async Task A_power_cut_takes_what_was_not_synced_and_leaves_what_was(string fileSystem)
    {
        SkipUnlessPossible();
        using var folder = new Workspace();
        using var mount = await LoopMount.MakeAsync(folder.Folder, fileSystem);
        var disk = new PosixDisk();
        var (kept, lost) = (Path.Combine(mount.Path, "kept"), Path.Combine(mount.Path, "lost"));
        using (var synced = disk.Create(kept))
        using (var written = disk.Create(lost))
        {
            synced.Write("kept"u8, 0);
            synced.SyncData();
            disk.SyncDirectory(mount.Path);
            written.Write("lost"u8, 0);
        }

        mount.CutPower();
        await mount.RestoreAsync();

        (await File.ReadAllTextAsync(kept)).ShouldBe("kept");
        (File.Exists(lost) ? await File.ReadAllTextAsync(lost) : "").ShouldNotContain("lost");
    }

    /// <summary>What the first test is worth: a log that is not synced is found out.</summary>
    [Fact]
    public async Task A_power_cut_takes_what_durability_os_acknowledged()
    {
        SkipUnlessPossible();
        using var folder = new Workspace();
        using var mount = await LoopMount.MakeAsync(folder.Folder, "ext4");
        using var workspace = new Workspace(new WorkspaceSettings { Durability = "os", CommitSeconds = 600 })
        {
            Data = Path.Combine(mount.Path, "data"),
        };
        using var http = new HttpClient();
        await using (var server = await Server.StartAsync(workspace))
        {
            (await Api.SendAsync(http, workspace.Url, """{"event":"load","event_id":"1"}""")).ShouldBe(200);
            mount.CutPower();
            await server.KillAsync();
        }
        await mount.RestoreAsync();

        await using var again = await Server.StartAsync(workspace);
        (await again.Api.LedgerAsync()).Total.Received.ShouldBe(0);
        (await again.StopAsync()).ExitCode.ShouldBe(0);
    }

    private static void SkipUnlessPossible()
    {
        var whyNot = LoopMount.WhyNot() ?? PlacedKill.WhyNot();
        Assert.SkipUnless(whyNot is null, whyNot ?? "");
    }
}
