namespace Millrace.Integration;

/// <summary>SIGKILL under load: of one role and of all, at random moments, and placed by strace at writes of log, hot
/// segment, Parquet, id run, metadata and catalog.</summary>
/// <remarks>MILLRACE_KILLS and MILLRACE_CRASH_EVENTS (acknowledged between two) make it long;
/// MILLRACE_CRASH_REPORT names a file that gets a line of counts.</remarks>
public class KillTests(ITestOutputHelper output)
{
    private readonly Seed _seed = new();

    [Fact]
    public async Task Kills_at_random_and_at_chosen_writes_lose_nothing_promised_and_double_nothing()
    {
        var whyNot = PlacedKill.WhyNot();
        Assert.SkipUnless(whyNot is null, whyNot ?? "");
        using var workspace = new Workspace(CrashRun.Settings);
        var plan = new CrashPlan(
            Seed.Number("MILLRACE_KILLS") ?? 50, Seed.Number("MILLRACE_CRASH_EVENTS") ?? 400, _seed.NewRandom());
        await new CrashRun(workspace, plan).RunAsync(_seed, output);
    }
}
