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
    private static readonly DiskSpace Roomy = new(1L << 40, 1L << 40);

    private readonly Random _random;
    private readonly Host _host;
    private readonly Clients _clients;
    private readonly LakeOptions _options;
    private readonly OneThread _thread = new();
    private long _position;

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
            SnapshotsKept = _random.Next(1, 4),
            ManifestsMergedAt = _random.Next(2, 5),
            ReadersLeaveAfter = TimeSpan.FromSeconds(_random.Next(400)),
        };
    }

    /// <exception cref="ViolationException">A promise is broken.</exception>
    public void Run()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_thread);
        try
        {
            _host.PrepareAsync().Wait();
            for (var lives = _random.Next(2, 5); lives > 0; lives--)
            {
                Live();
            }
            LiveWell();
            _host.CutPower(_random);
            new Verdict(_host, _clients).CheckAsync().Wait();
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
        _host.Media.Room = Roomy;
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

    /// <summary>A last life without trouble: all that clients still want to say is taken, and all of it
    /// committed.</summary>
    private void LiveWell()
    {
        _host.Totals.Lives++;
        _host.Story.Add("process", "starts for the last time", "");
        using var process = new Process(_host, _thread, _options, new Random(_random.Next()));
        process.Start();
        CheckPosition(process);
        foreach (var batch in _clients.Batches.Where(batch => !batch.IsAcknowledged || _random.Next(8) == 0).ToList())
        {
            Send(process, batch);
            process.Threads.FinishLog();
            process.Pump();
        }
        if (_clients.Batches.Find(batch => !batch.IsAcknowledged) is not null)
        {
            throw new ViolationException($"The log refuses although its disk is well: {process.Log.Condition}.");
        }
        process.Stop();
        CheckPosition(process);
        if (process.Position()?.Events is { } events && events != process.Log.Synced.Events)
        {
            throw new ViolationException($"The lake stands behind {events} events, the log ends behind "
                + $"{process.Log.Synced.Events}.");
        }
    }

    private void Step(Process process)
    {
        switch (_random.Next(16))
        {
            case < 5:
                for (var count = _random.Next(1, 5); count > 0; count--)
                {
                    Send(process, _clients.Next());
                }
                break;
            case 5 or 6:
                process.Threads.FinishLog();
                break;
            case 7 or 8:
                Advance(process, TimeSpan.FromMilliseconds(_random.Next(1, 1500)));
                break;
            case 9 or 10 or 11:
                Advance(process, _options.CommitAfter);
                break;
            case 12:
                process.Threads.FinishLog();
                Advance(process, ProcessTime.SealAfter + TimeSpan.FromMinutes(1));
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

    private void Send(Process process, Batch batch)
    {
        var sending = _clients.SendAsync(process.Log, batch);
        if (!sending.IsCompleted)
        {
            process.Threads.Appended();
        }
    }

    /// <summary>Then lets those that ask now and then ask a few times.</summary>
    private static void Advance(Process process, TimeSpan by)
    {
        process.Time.Advance(by);
        process.Pump();
        for (var asked = 0; asked < 3; asked++)
        {
            process.Time.Advance(TimeSpan.FromMilliseconds(60));
            process.Pump();
        }
    }

    /// <summary>As the program does every second: what is committed need not stay in the log.</summary>
    private void Release(Process process)
    {
        try
        {
            if (CheckPosition(process) is { } position)
            {
                process.Threads.Release(position);
            }
        }
        catch (IOException)
        {
            // It asks again in a second.
        }
    }

    private long? CheckPosition(Process process)
    {
        var position = process.Position()?.Offset;
        if ((position ?? 0) < _position || position > process.Log.SyncedEnd)
        {
            throw new ViolationException(
                $"The lake's position is {position} after {_position}; the log ends at {process.Log.SyncedEnd}.");
        }
        _position = position ?? 0;
        return position;
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
        _host.Media.Room = Roomy;
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
