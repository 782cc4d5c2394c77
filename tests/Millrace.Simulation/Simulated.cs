using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Simulation.Machine;
using Millrace.Simulation.World;
using Millrace.Tests.Twins;

namespace Millrace.Simulation;

/// <summary>One simulation: a few lives of the process full of trouble, all of which follows from a seed, then a last
/// one without, after which every promise is checked.</summary>
internal sealed class Simulated
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly Random _random;
    private readonly Host _host;
    private readonly Clients _clients;
    private readonly LakeOptions _options;
    private readonly OneThread _thread = new();

    public Simulated(int seed, Host host)
    {
        _random = new Random(seed);
        _host = host;
        _clients = new Clients(new Random(_random.Next()), host.Totals);
        _options = new LakeOptions
        {
            HotAfter = TimeSpan.FromMilliseconds(_random.Next(3) == 0 ? 0 : 1000),
            CommitAfter = TimeSpan.FromSeconds(_random.Next(4) == 0 ? 2 : 60),
            CommitBytes = 64 << 10,
            CareEvery = _random.Next(1, 4),
            SnapshotsKept = _random.Next(1, 4),
            ManifestsMergedAt = _random.Next(2, 5),
            ReadersLeaveAfter = TimeSpan.FromSeconds(_random.Next(400)),
            // Every file looks old here: nothing but the order of things keeps one that a commit is about to name.
            OrphansEvery = TimeSpan.Zero,
        };
    }

    /// <exception cref="ViolationException">A promise is broken.</exception>
    public void Run()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_thread);
        try
        {
            _host.PrepareAsync().GetAwaiter().GetResult();
            for (var lives = _random.Next(2, 5); lives > 0; lives--)
            {
                Live();
            }
            new LastLife(_host, _clients, _options) { Thread = _thread, Random = _random }.Run();
            _host.Totals.Seeds++;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>A life that may end at any step, with a disk and a catalog that may fail.</summary>
    private void Live()
    {
        _host.Totals.Lives++;
        var failures = _host.Media.Failures;
        var isStarted = false;
        var process = new Process(_host, _thread, _options, new Random(_random.Next()));
        try
        {
            process.Life.DiesAt = _random.Next(5) switch
            {
                0 => _random.Next(1, 80), 1 or 2 => _random.Next(1, 700), 3 => _random.Next(1, 2000), _ => 0,
            };
            process.Life.DiesAtCatalog = _random.Next(4) == 0 ? _random.Next(1, 40) : 0;
            process.Catalog.TroublePercent = _random.Next(2) == 0 ? _random.Next(1, 40) : 0;
            if (_random.Next(4) == 0)
            {
                FailSoon();
            }
            process.Start();
            isStarted = true;
            for (var steps = _random.Next(4, 25); steps > 0; steps--)
            {
                Step(process);
            }
            if (_random.Next(3) == 0)
            {
                Heal(process);
                process.Stop();
            }
        }
        catch (ProcessDiedException)
        {
            _host.Totals.DeathsInRecovery += isStarted ? 0 : 1;
        }
        catch (Exception failure) when (IsOfTheWorld(failure)
            && (_host.Media.Failures > failures || process.Catalog.TroublePercent > 0))
        {
            // It did not start, or ended, because its disk or its catalog failed.
        }
        finally
        {
            process.Dispose();
        }
        _host.Totals.DiskFailures += _host.Media.Failures - failures;
        End();
    }

    /// <summary>The process is over, and the next one finds what a kill or a power cut leaves.</summary>
    private void End()
    {
        _host.Media.Heal();
        _host.Media.Room = Host.Roomy;
        if (_random.Next(2) == 0)
        {
            _host.Totals.PowerCuts++;
            _host.Story.Add("power", "is cut", "");
            _host.CutPower(_random);
        }
        else
        {
            _host.Totals.Kills++;
            _host.Story.Add("process", "is killed", "");
        }
        _host.Now += TimeSpan.FromSeconds(_random.Next(100));
        JumpSometimes(20, now => _host.Now = now);
    }

    private void Step(Process process)
    {
        switch (_random.Next(16))
        {
            case < 5:
                for (var count = _random.Next(1, 5); count > 0; count--)
                {
                    process.Send(_clients, _clients.Next());
                }
                break;
            case 5 or 6:
                process.Threads.FinishLog();
                break;
            case 7 or 8:
                process.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 1500)));
                break;
            case 9 or 10 or 11:
                process.Advance(_options.CommitAfter);
                break;
            case 12:
                process.Threads.FinishLog();
                process.Advance(ProcessTime.SealAfter + TimeSpan.FromMinutes(1));
                break;
            case 13:
                Release(process);
                break;
            case 14:
                TurnTrouble(process);
                break;
            default:
                JumpSometimes(3, process.Time.Clock.SetClock);
                break;
        }
        for (var turns = _random.Next(12); turns > 0 && process.Threads.CanGo; turns--)
        {
            process.Threads.Go(_random);
        }
        process.Pump();
    }

    /// <summary>As the program does every second: what is committed need not stay in the log.</summary>
    private void Release(Process process)
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
            // It asks again in a second.
        }
    }

    private void TurnTrouble(Process process)
    {
        switch (_random.Next(5))
        {
            case 0 or 1:
                FailSoon();
                break;
            case 2:
                _host.Media.Room = new DiskSpace(_random.Next(100), 1000);
                break;
            default:
                Heal(process);
                break;
        }
    }

    private void FailSoon() => _host.Media.FailAt(
        _random.Next(1, 60), (DiskFaultKind)_random.Next(2), fromThenOn: _random.Next(3) == 0);

    private void Heal(Process process)
    {
        _host.Media.Heal();
        _host.Media.Room = Host.Roomy;
        process.Catalog.TroublePercent = 0;
    }

    /// <summary>All within the dedup window, so that an id counts throughout.</summary>
    private void JumpSometimes(int oneOf, Action<DateTimeOffset> jump)
    {
        if (_random.Next(oneOf) == 0)
        {
            jump(Start + TimeSpan.FromHours(_random.Next(-48, 96)));
        }
    }

    private static bool IsOfTheWorld(Exception failure) =>
        failure is IOException or CommitUnknownException or StaleChangeException;
}
