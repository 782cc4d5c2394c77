using Microsoft.Extensions.Logging.Abstractions;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Protocols;
using Millrace.Refine;
using Millrace.Simulation.Machine;

namespace Millrace.Simulation.World;

/// <summary>One life of the program on a host: the log's writer and the role lake, wired as the program wires
/// them.</summary>
internal sealed class Process : IDisposable
{
    private readonly Host _host;
    private readonly OneThread _thread;
    private readonly LakeOptions _options;
    private readonly Random _random;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDisposable> _open = [];
    private readonly LakeTables _tables;
    private readonly LogThreads _threads = new();
    private readonly IDisk _disk;
    private LogWriter? _log;
    private Task _lake = Task.CompletedTask;

    /// <param name="random">For the names and salts of this life, and how its threads interleave.</param>
    public Process(Host host, OneThread thread, LakeOptions options, Random random)
    {
        (_host, _thread, _options, _random) = (host, thread, options, random);
        Life = new Life(host.Story, _threads) { Interleaving = new Random(random.Next()) };
        Time = new ProcessTime(_threads, host.Story, host.Now);
        Catalog = new ProcessCatalog(host.Catalog, Life, host.Totals) { Random = new Random(random.Next()) };
        _disk = host.Plant.Disk(new ProcessDisk(host.Media, host.Places, Life));
        var objects = new ProcessStore(_disk, host.Media, host.Places.Lake)
        {
            Yields = new Random(random.Next()),
        };
        _tables = LakeTables.Open(host.Plant.Catalog(Catalog, host), objects, host.LakeRoot,
            new Author(Time.Clock, new Random(random.Next()), "simulation"));
    }

    public Life Life { get; }

    public ProcessTime Time { get; }

    public ProcessCatalog Catalog { get; }

    public LogThreads Threads => _threads;

    public LogWriter Log => _log!;

    /// <summary>Recovers what is there and starts the loop of the lake.</summary>
    public void Start()
    {
        var position = Run(_tables.PositionAsync(Host.NodeText, default));
        var options = new LogOptions
        {
            Directory = _host.Places.Log, Node = Host.Node, SegmentBytes = 64 << 10,
            SealAfter = ProcessTime.SealAfter, FirstOffsetMin = position?.Offset ?? 0,
        };
        // Whoever is told goes on in the simulation's thread, and is there before the log's thread rests.
        var start = new LogStart(new byte[32], new Random(_random.Next())) { GoOn = appenders => appenders.Execute() };
        _log = LogWriter.Open(options, _disk, Time.Clock, start);
        _threads.Begin(_log);
        Run(_tables.CreateMissingAsync(default));
        _lake = Run(StartLakeAsync());
    }

    /// <summary>Where the lake stands; null: nothing was committed.</summary>
    public LakePosition? Position() => Run(_tables.PositionAsync(Host.NodeText, default));

    /// <summary>The offset of <see cref="Position"/>, which never goes back, nor beyond the log.</summary>
    public long? CheckPosition()
    {
        var position = Position()?.Offset;
        if ((position ?? 0) < _host.Position || position > Log.SyncedEnd)
        {
            throw new ViolationException(
                $"The lake's position is {position} after {_host.Position}; the log ends at {Log.SyncedEnd}.");
        }
        _host.Position = position ?? 0;
        return position;
    }

    /// <summary>The answer comes when the log's thread has gone far enough.</summary>
    public void Send(Clients clients, Batch batch)
    {
        if (!clients.SendAsync(Log, batch).IsCompleted)
        {
            _threads.Appended();
        }
    }

    /// <summary>Moves the clock, then lets those that ask now and then ask a few times.</summary>
    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        Pump();
        for (var asked = 0; asked < 3; asked++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(60));
            Pump();
        }
    }

    /// <summary>Lets the loop do what it can do now.</summary>
    public void Pump()
    {
        _thread.Drain();
        ThrowIfEnded();
    }

    public void ThrowIfEnded()
    {
        Life.ThrowIfDead();
        if (_lake.IsFaulted)
        {
            _lake.GetAwaiter().GetResult();
        }
    }

    /// <summary>Lets it drain and waits for its end.</summary>
    public void Stop()
    {
        _threads.FinishLog();
        _stop.Cancel();
        Run(_lake);
    }

    /// <summary>Runs until a task is over, and passes its failure on.</summary>
    public T Run<T>(T task) where T : Task
    {
        _thread.RunUntil(task, Time);
        task.GetAwaiter().GetResult();
        return task;
    }

    /// <summary>Ends what is left, whatever state it is in; from here on it has no effect outside.</summary>
    public void Dispose()
    {
        // What follows is no part of the simulation, and how long it takes not either.
        _host.Now = Time.Clock.GetUtcNow();
        _host.Totals.Steps += Life.Steps;
        _host.Totals.Hours += Time.Passed.TotalHours;
        Life.Die();
        _threads.End();
        _stop.Cancel();
        if (_log is { } log)
        {
            Task.Run(async () => await log.DisposeAsync()).Wait();
        }
        _thread.RunUntil(_lake.ContinueWith(_ => { }, TaskScheduler.Default), Time);
        for (; _open.Count > 0; _open.RemoveAt(_open.Count - 1))
        {
            _open[^1].Dispose();
        }
        _thread.RunUntil(Catalog.SettleAsync(), Time);
        _stop.Dispose();
    }

    private LakePosition? Run(Task<LakePosition?> task) => Run<Task<LakePosition?>>(task).Result;

    private Task Run(Task<Task> task) => Run<Task<Task>>(task).Result;

    /// <summary>What the role lake does when it starts. Outside the log's process: it learns of the log's growth from
    /// a file, so that only the clock wakes it.</summary>
    private async Task<Task> StartLakeAsync()
    {
        var position = await _tables.PositionAsync(Host.NodeText, default) ?? new LakePosition(0, 0);
        var hot = new HotSegments(_disk, _host.Places.Hot, Host.NodeText);
        hot.Reset();
        var metrics = new LakeMetrics(_host.Duck.Meters);
        var reader = Keep(LogReader.Open(
            _host.Places.Log, _disk, new LogPosition(position.Offset, position.Events ?? -1), Time.Clock));
        var idFiles = new IdRunFiles(_tables.Catalog, _disk, _host.Places.Ids, Host.Node);
        var runs = Keep((await idFiles.OpenAsync(new HashSet<string>(), default)).Runs);
        var fresh = new FreshRows(Host.NodeText) { Metrics = metrics };
        var claims = new Claims(idFiles.Hash, runs);
        var zstd = Keep(new Zstd(1));
        var loop = new LakeLoop(
            new LakeLoopParts(reader, NewRefiner(claims, position.Offset), fresh, hot)
            {
                Position = position.Offset,
                Claims = claims,
                Runs = runs,
                RowSets = new RowSets(),
                Metrics = metrics,
                Room = new LakeRoom(_disk, _host.Places.Data, null),
                Committer = new Committer(new CommitterParts(
                    Host.NodeText, new ParquetWriter(_disk, zstd), _tables, new ScratchFolder(_disk, _host.Places.Scratch))
                {
                    Ids = idFiles, Random = new Random(_random.Next()),
                }),
                Care = new LakeCare(
                    new LakeCareParts(_tables, idFiles, claims)
                    {
                        Runs = runs, Disk = _disk, Metrics = metrics,
                    },
                    _options, Time.Clock),
            },
            _options, Time.Clock, NullLogger<LakeLoop>.Instance);
        return loop.RunAsync(_stop.Token);
    }

    private LogRefiner NewRefiner(Claims claims, long position)
    {
        var logs = _host.Places.Log;
        var refiner = new LogRefiner(
            new Refiner(new ProtocolTable([new NativeProtocol()]), claims, Host.NodeText), _ => RefineRules.Default);
        var segment = LogSegments.List(_disk, logs).LastOrDefault(segment => segment.Base < position);
        if (segment is not null)
        {
            using var reader = LogReader.Open(logs, _disk, segment.Base, Time.Clock);
            refiner.Prime(reader, position);
        }
        return refiner;
    }

    private T Keep<T>(T resource) where T : IDisposable
    {
        _open.Add(resource);
        return resource;
    }
}
