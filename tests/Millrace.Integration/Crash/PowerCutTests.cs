namespace Millrace.Integration;

/// <summary>Power cuts under load: a file system that loses all it has not written, at random moments and right where
/// strace has killed a process.</summary>
/// <remarks>MILLRACE_POWER_CUTS makes it long; see <see cref="KillTests"/>.</remarks>
public class PowerCutTests(ITestOutputHelper output)
{
    private readonly Seed _seed = new();

    [Theory]
    [InlineData("ext4", 3)]
    [InlineData("xfs", 2)]
    public async Task Power_cuts_lose_nothing_promised_and_double_nothing(string fileSystem, int cuts)
    {
        var whyNot = LoopMount.WhyNot() ?? (File.Exists("/usr/bin/strace") ? null : "There is no strace.");
        Assert.SkipUnless(whyNot is null, whyNot ?? "");
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
}
