using System.Globalization;

namespace Millrace.Integration.FailingDisk;

/// <summary>Calls of the real program fail with EIO and ENOSPC: no false yes, 503 until it is over, recovery without
/// help.</summary>
/// <remarks><c>MILLRACE_INJECTIONS=n</c> runs n faults drawn by <c>MILLRACE_SEED</c>, with a bound on the time of
/// recovery, and adds what it saw to the file <c>MILLRACE_REPORT</c>.</remarks>
public class FailingCallTests(ITestOutputHelper output)
{
    private const int FaultsPerServer = 20;
    private const double RecoverySecondsMax = 10;

    // Small, so that segments are opened and recycled all the time, and commits are always near.
    private static readonly WorkspaceSettings Small = new() { SegmentBytes = 64 << 10, CommitSeconds = 1 };

    private readonly Seed _seed = new();

    [Fact]
    public async Task No_promise_is_broken_whichever_call_fails_and_the_server_recovers_by_itself()
    {
        FaultyCalls.SkipUnlessPossible();
        var wanted = Seed.Number("MILLRACE_INJECTIONS");
        var faults = wanted is null
            ? DiskFault.Selection : [.. Enumerable.Repeat(_seed.NewRandom(), wanted.Value).Select(DiskFault.Any)];
        output.WriteLine($"{_seed}");
        var recoveries = new List<Recovery>();
        foreach (var some in faults.Chunk(FaultsPerServer))
        {
            recoveries.AddRange(await RunAsync(some));
        }

        Report(faults, recoveries);
        if (wanted is not null)
        {
            recoveries.Max(recovery => recovery.Yes).ShouldBeLessThanOrEqualTo(RecoverySecondsMax);
            recoveries.Max(recovery => recovery.Committed).ShouldBeLessThanOrEqualTo(RecoverySecondsMax);
        }
    }

    private async Task<List<Recovery>> RunAsync(IReadOnlyList<DiskFault> faults)
    {
        using var workspace = new Workspace(Small);
        await using var run = await FaultRun.StartAsync(workspace, new DoorLoad("fault"));
        foreach (var fault in faults)
        {
            await run.InjectAsync(fault);
            output.WriteLine($"{fault}: {run.Recoveries[^1]}");
        }
        await run.CheckAsync();
        return run.Recoveries;
    }

    private void Report(IReadOnlyList<DiskFault> faults, IReadOnlyList<Recovery> recoveries)
    {
        var (yes, committed) = (recoveries.Max(recovery => recovery.Yes), recoveries.Max(recovery => recovery.Committed));
        var counts = faults.CountBy(fault => $"{fault.Part}").Concat(faults.CountBy(fault => fault.Call))
            .Concat(faults.CountBy(fault => fault.Error))
            .Concat(faults.CountBy(fault => fault.FromThenOn ? "from the n-th on" : "the n-th"));
        var text = $"{faults.Count} faults, {_seed}: no false yes; at most "
            + string.Create(CultureInfo.InvariantCulture, $"{yes:F1} s until a yes, {committed:F1} s until it was committed; ")
            + string.Join(", ", counts.Select(kind => $"{kind.Key} {kind.Value}"));
        output.WriteLine(text);
        if (Environment.GetEnvironmentVariable("MILLRACE_REPORT") is { } file)
        {
            File.AppendAllText(file, text + "\n");
        }
    }
}
