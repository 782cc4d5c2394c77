namespace Millrace.Integration;

/// <summary>Crashes under load, one after the other on one data directory, judged by the clients' own list of what they
/// were promised.</summary>
internal sealed class CrashRun(Workspace workspace, CrashPlan plan)
{
    private static readonly TimeSpan PatienceForPlaced = TimeSpan.FromSeconds(3);

    private readonly string _trace = workspace.In("trace");
    private readonly CrashReport _report = new();

    /// <summary>Small enough that crashes hit commits, new segments, merges of id runs, compaction.</summary>
    public static WorkspaceSettings Settings { get; } =
        new() { SegmentBytes = 256 << 10, CommitBytes = 512 << 10, CommitSeconds = 1, CompactSeconds = 0.2 };

    /// <summary>Says what happened, also where it failed, with what makes it happen again.</summary>
    public async Task RunAsync(Seed seed, ITestOutputHelper output)
    {
        try
        {
            await RunAsync();
        }
        finally
        {
            output.WriteLine($"{seed}: {_report}\n{_report.LastWords}");
            if (Environment.GetEnvironmentVariable("MILLRACE_CRASH_REPORT") is { Length: > 0 } file)
            {
                await File.AppendAllTextAsync(file, $"{seed}: {_report}\n");
            }
        }
    }

    private async Task RunAsync()
    {
        using var acknowledged = new Acknowledged(workspace.In("acknowledged.txt"));
        for (var phase = 0; _report.Crashes < plan.Crashes; phase++)
        {
            await WithFleetAsync(phase % 2 == 1, fleet => RunPhaseAsync(fleet, acknowledged, $"crash-{phase}"));
            if (phase == 1)
            {
                // Forgets all snapshots but one: the position must not go with them.
                using var lake = await LakeFiles.OpenAsync(workspace);
                await lake.ExpireAsync();
            }
        }
        await JudgeAsync(acknowledged);
    }

    /// <summary>What fails with processes running is told with what they said last.</summary>
    private async Task WithFleetAsync(bool isSplit, Func<Fleet, Task> run)
    {
        await using var fleet = new Fleet(workspace, isSplit);
        try
        {
            await run(fleet);
        }
        catch
        {
            _report.LastWords = fleet.LastWords;
            throw;
        }
    }

    private async Task RunPhaseAsync(Fleet fleet, Acknowledged acknowledged, string prefix)
    {
        var shape = new LoadShape(prefix)
        {
            BatchEvents = Math.Clamp(plan.EventsBetween / 20, 20, 250),
            Pause = TimeSpan.FromMilliseconds(50),
        };
        await using var driver = new LoadDriver(workspace.Url, acknowledged, shape);
        for (var i = 0; i < plan.CheckEvery && _report.Crashes < plan.Crashes; i++)
        {
            await CrashAsync(fleet, acknowledged);
        }
        await fleet.CompleteAsync();
        await driver.FinishAsync();
        _report.Resent += driver.Retries;
        // Nothing is under way: each id that was promised is a row, and there is no other.
        (await CommittedAsync(fleet)).ShouldClose();
        (await fleet.Api.NumberAsync("SELECT count(*) FROM events"))
            .ShouldBe(acknowledged.Count, $"rows after {_report.Crashes} crashes");
    }

    /// <summary>Starts what does not run, loads it, and ends one process, or all, or the power.</summary>
    private async Task CrashAsync(Fleet fleet, Acknowledged acknowledged)
    {
        var crash = Crash.Draw(plan, fleet, workspace.Data);
        File.Delete(_trace);
        fleet.LaunchMissing((member, command) =>
            member == crash.Victim && crash.Placed is { } placed ? placed.Around(command, _trace) : command);
        if (crash.IsInStart)
        {
            await Task.Delay(plan.Random.Next(1, 600));
        }
        else
        {
            await LoadAsync(fleet, acknowledged, crash);
        }
        var isPlaced = crash.Placed is not null && fleet.HasEnded(crash.Victim);
        if (plan.Power is { } power)
        {
            // A shutdown goes on under what still runs: an fdatasync under way may return 0 for bytes that are lost
            // (seen on ext4, 4 of 100, without Millrace), and a yes follows. Without power nobody hears it.
            await acknowledged.WithoutPowerAsync(power.CutPower, async () =>
            {
                await fleet.DropAsync();
                await power.RestoreAsync();
            });
        }
        else
        {
            await fleet.KillAsync(crash.Members);
        }
        _report.Add(
            string.Join(" + ", crash.Members),
            isPlaced ? Place.NameOf(workspace.Data, PlacedKill.LandedOn(_trace))
                : crash.IsInStart ? "random, in a start" : "random");
    }

    private async Task LoadAsync(Fleet fleet, Acknowledged acknowledged, Crash crash)
    {
        foreach (var member in fleet.Members)
        {
            var isReady = await fleet.IsReadyAsync(member);
            (isReady || member == crash.Victim && crash.Placed is not null)
                .ShouldBeTrue($"{member} ended:\n{fleet.ErrorOf(member)}");
        }
        // From within the first appends after a start to beyond some commits.
        var target = acknowledged.Count + plan.Random.Next(1, 2 * plan.EventsBetween);
        if (crash.Placed is null)
        {
            await Eventually.BeTrueAsync(() => acknowledged.Count >= target);
            return;
        }
        var until = DateTime.UtcNow + PatienceForPlaced;
        await Eventually.BeTrueAsync(() => fleet.HasEnded(crash.Victim)
            || acknowledged.Count >= target && DateTime.UtcNow > until);
    }

    /// <summary>Crashes in quick succession leave a backlog: how long it takes says nothing.</summary>
    private static Task<Ledger> CommittedAsync(Fleet fleet) => Eventually.SeeAsync(
        fleet.Api.LedgerAsync, ledger => ledger.Total.Pending == 0, TimeSpan.FromMinutes(10));

    private async Task JudgeAsync(Acknowledged acknowledged)
    {
        await WithFleetAsync(isSplit: false, async fleet =>
        {
            await fleet.CompleteAsync();
            await CommittedAsync(fleet);
            await fleet.StopAsync();
        });
        await WithFleetAsync(isSplit: false, async fleet =>
        {
            await fleet.CompleteAsync();
            var rows = workspace.In("rows.csv");
            await fleet.Api.SaveAsync("SELECT event_id FROM events", rows);
            var ledger = await fleet.Api.LedgerAsync();
            await fleet.StopAsync();
            _report.Promises = Promises.Compare(acknowledged.Path, rows);
            _report.Residue = ledger.Total.Residue;
            _report.Promises.ShouldBe(new Promises(acknowledged.Count, 0, 0, 0) { Examples = "" });
            ledger.ShouldClose();
            ledger.Total.Pending.ShouldBe(0);
            ledger.Total.Stored.ShouldBe(acknowledged.Count);
        });
        using var lake = await LakeFiles.OpenAsync(workspace);
        (await lake.ProblemsAsync()).ShouldBeEmpty();
        // A few crashes may all come before the first look at what is to be compacted.
        if (plan.Crashes >= 20)
        {
            Directory.EnumerateFiles(Path.Combine(workspace.Data, "lake"), "shared-*", SearchOption.AllDirectories)
                .ShouldNotBeEmpty("nothing was compacted");
        }
        foreach (var table in await lake.LoadAsync())
        {
            var said = table.Metadata.CurrentSnapshot?.Summary["total-records"] ?? "0";
            $"{await lake.FooterRowsAsync(table)}".ShouldBe(said, table.Name.Name);
        }
    }
}
