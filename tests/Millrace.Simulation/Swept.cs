using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Simulation.Machine;
using Millrace.Simulation.World;
using Millrace.Tests.Twins;

namespace Millrace.Simulation;

/// <summary>What goes wrong in a scenario.</summary>
internal enum Trouble
{
    None,

    /// <summary>The n-th operation of the disk fails, once or until it is healed at the end.</summary>
    InputOutput, InputOutputOn, NoSpace, NoSpaceOn,

    /// <summary>The process dies before its n-th step, and once more while it recovers.</summary>
    PowerCut, Kill,
}

/// <summary>One scenario, in which one thing goes wrong at a given moment: it has requests, commits by time, closed and
/// released segments, merged manifests, and a drain.</summary>
internal sealed class Swept(Host host, Trouble trouble, int at)
{
    private static readonly LakeOptions Options = new()
    {
        CommitAfter = TimeSpan.FromSeconds(5), CommitBytes = 64 << 10, ManifestsMergedAt = 2, SnapshotsKept = 2,
        ReadersLeaveAfter = TimeSpan.FromSeconds(20),
    };

    private readonly OneThread _thread = new();
    private readonly Clients _clients = new(new Random(7), host.Totals);
    private readonly Random _random = new(at);
    private int _lives;

    /// <returns>Operations of the disk in the scenario itself.</returns>
    /// <exception cref="ViolationException">A promise is broken.</exception>
    public int Run()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_thread);
        try
        {
            host.PrepareAsync().GetAwaiter().GetResult();
            var failures = host.Media.Failures;
            Live(at);
            var operations = host.Media.Operations;
            if (trouble is Trouble.PowerCut or Trouble.Kill)
            {
                Live(_random.Next(1, 120));
            }
            host.Totals.DiskFailures += host.Media.Failures - failures;
            new LastLife(host, _clients, Options) { Thread = _thread, Random = _random }.Run();
            host.Totals.Seeds++;
            return operations;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void Live(int moment)
    {
        host.Totals.Lives++;
        // The first one is always the same, and none gives its files the names that another gave.
        var process = new Process(host, _thread, Options, new Random(++_lives));
        var isStarted = false;
        try
        {
            process.Life.DiesAt = trouble is Trouble.PowerCut or Trouble.Kill ? moment : 0;
            FailAt(moment);
            process.Start();
            isStarted = true;
            Play(process);
            host.Media.Heal();
            process.Advance(TimeSpan.FromSeconds(6));
            process.Stop();
        }
        catch (ProcessDiedException)
        {
            host.Totals.PowerCuts += trouble == Trouble.PowerCut ? 1 : 0;
            host.Totals.Kills += trouble == Trouble.Kill ? 1 : 0;
        }
        catch (Exception failure) when (!isStarted && host.Media.Failures > 0
            && failure is IOException or CommitUnknownException)
        {
            // A process whose disk fails while it starts does not start.
        }
        finally
        {
            process.Dispose();
            host.Media.Heal();
        }
        if (trouble == Trouble.PowerCut)
        {
            host.CutPower(_random);
        }
    }

    private void FailAt(int moment)
    {
        if (trouble is Trouble.InputOutput or Trouble.InputOutputOn or Trouble.NoSpace or Trouble.NoSpaceOn)
        {
            host.Media.FailAt(
                moment,
                trouble is Trouble.InputOutput or Trouble.InputOutputOn
                    ? DiskFaultKind.InputOutput : DiskFaultKind.NoSpace,
                fromThenOn: trouble is Trouble.InputOutputOn or Trouble.NoSpaceOn);
        }
    }

    private void Play(Process process)
    {
        for (var act = 0; act < 4; act++)
        {
            for (var requests = 0; requests < 3; requests++)
            {
                process.Send(_clients, _clients.Next());
            }
            process.Threads.FinishLog();
            process.Advance(TimeSpan.FromSeconds(6));
            process.Advance(act == 1 ? ProcessTime.SealAfter + TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1));
            process.Threads.FinishLog();
            Release(process);
            process.Threads.FinishSpares();
        }
    }

    private static void Release(Process process)
    {
        try
        {
            if (process.CheckPosition() is { } position)
            {
                process.Threads.Release(position);
            }
        }
        catch (IOException)
        {
            // The program asks again in a second.
        }
    }
}
