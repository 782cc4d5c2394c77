using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Protocols;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>What the role takes from the process.</summary>
/// <param name="Log">The writer if this process has it; else the log is followed from outside.</param>
internal sealed record LakeRoleParts(DataDirectory Directory, IDisk Disk, LakeTables Tables, LogWriter? Log)
{
    public required ControlStore Control { get; init; }

    public required ProtocolTable Protocols { get; init; }

    /// <summary>For the names of files.</summary>
    public required Random Random { get; init; }
}

/// <summary>The role lake: opens what it needs, runs the loop until the process stops, and drains.</summary>
/// <remarks>
/// Where the world fails in a way that repeating a step does not mend, the role ends and begins anew from what is
/// durable, at a bounded pace: the process stays up, Collect goes on, and <see cref="Fault"/> says what is wrong
/// (docs/decisions/010-…). A bug of ours ends the process.
/// </remarks>
internal sealed class LakeRole(
    LakeRoleParts parts, LakeOptions options, LakeMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    : BackgroundService
{
    public const int CompressionLevel = 1;
    private const long RebuildMemoryBytes = 256L << 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private readonly ILogger<LakeRole> _logger = loggers.CreateLogger<LakeRole>();
    private readonly HashSet<string> _suspectRuns = [];
    private volatile LakeLoop? _loop;
    private volatile string? _fault;
    private long _targetAtStart = long.MaxValue;
    private long _positionBefore;
    private bool _hasCommitted;

    /// <summary>True once the rows of everything that was in the log at start are visible again.</summary>
    public bool IsCaughtUp => _loop is { } loop && (loop.HasCaughtUp || loop.RefinedEnd >= _targetAtStart);

    /// <summary>Why the lake stands still, or what it has kept failing with for seconds, as a sentence; null: neither.
    /// </summary>
    public string? Fault => _fault ?? _loop?.Fault;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before the process is ready: whoever asks then finds the tables.
            await parts.Tables.CreateMissingAsync(cancellationToken);
        }
        catch (Exception failure) when (LakeFailures.IsOfTheWorld(failure))
        {
            // The role meets it again at once, and says so.
            _fault = failure.Message;
        }
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(
            () => BeginAnewAsync(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();

    /// <summary>The edge where what cannot be mended in place ends. Pauses double from a second to half a minute, and
    /// begin at a second again once the lake has committed in between.</summary>
    private async Task BeginAnewAsync(CancellationToken stop)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            _hasCommitted = false;
            try
            {
                await RunAsync(stop);
                return;
            }
            catch (Exception failure) when (LakeFailures.IsOfTheWorld(failure) && !stop.IsCancellationRequested)
            {
                pause = _hasCommitted ? FirstPause : pause;
                Stand(failure, pause);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && _fault is not null)
            {
                // It was about to try again.
            }
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                // What is in the log stays there: whoever stops the process must know that it was not drained.
                throw new LakeStandsException(_fault!);
            }
        }
    }

    private void Stand(Exception failure, TimeSpan pause)
    {
        if (failure is IdRunException { IsDamage: true } run)
        {
            _suspectRuns.Add(run.Path);
        }
        (_loop, _targetAtStart) = (null, long.MaxValue);
        _fault = failure.Message;
        metrics.Faulted();
        _logger.LakeFault(failure, pause.TotalSeconds, failure.Message);
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var node = parts.Directory.NodeText;
        if (await parts.Tables.FormerRootAsync(stop) is { } former)
        {
            throw LakeTables.Moved(parts.Directory.Path, former);
        }
        await parts.Tables.CreateMissingAsync(stop);
        if (_fault is not null)
        {
            // Damage that shows only at a commit must not look mended until then.
            await parts.Tables.ProveAsync(stop);
        }
        var position = await parts.Tables.PositionAsync(node, stop) ?? new LakePosition(0, 0);
        _hasCommitted = position.Offset > _positionBefore;
        _positionBefore = position.Offset;
        var scratch = ResetScratch();
        var hot = new HotSegments(parts.Disk, parts.Directory.In("hot"), node);
        hot.Reset();
        using var zstd = new Zstd(CompressionLevel);
        using var reader = OpenReader(new LogPosition(position.Offset, position.Events ?? -1));
        var idFiles = new IdRunFiles(parts.Tables.Catalog, parts.Disk, parts.Directory.In("ids"), parts.Directory.Node);
        using var runs = await OpenRunsAsync(idFiles, stop);
        var fresh = new FreshRows(node) { Metrics = metrics };
        var claims = new Claims(idFiles.Hash, runs);
        _loop = new LakeLoop(
            new LakeLoopParts(reader, NewRefiner(claims, node, position.Offset), fresh, hot)
            {
                Position = position.Offset,
                Claims = claims,
                Runs = runs,
                RowSets = new RowSets(),
                Metrics = metrics,
                Room = new LakeRoom(parts.Disk, parts.Directory.Path, options.FreeBytesMin),
                Committer = new Committer(new CommitterParts(
                    node, new ParquetWriter(parts.Disk, zstd), parts.Tables, scratch)
                {
                    Ids = idFiles, Random = parts.Random,
                }),
                Care = new LakeCare(
                    new LakeCareParts(parts.Tables, idFiles, claims)
                    {
                        Runs = runs, Disk = parts.Disk, Metrics = metrics,
                    },
                    options, time),
            },
            options, time, loggers.CreateLogger<LakeLoop>());
        metrics.RefinedTo(position.Offset);
        metrics.CommittedTo(position.Offset);
        _targetAtStart = reader.SyncedEnd;
        _logger.Resumed(position.Offset, node);
        if (_fault is not null)
        {
            _fault = null;
            _logger.LakeWorks();
        }
        await _loop.RunAsync(stop);
    }

    /// <summary>Opens the id runs; a damaged one is made again first.</summary>
    private async Task<IdRuns> OpenRunsAsync(IdRunFiles files, CancellationToken ct)
    {
        var opened = await files.OpenAsync(_suspectRuns, ct);
        try
        {
            if (opened.Damaged.Count > 0)
            {
                await RebuildRunsAsync(files, opened, ct);
            }
            _suspectRuns.Clear();
            return opened.Runs;
        }
        catch
        {
            opened.Runs.Dispose();
            throw;
        }
    }

    private async Task RebuildRunsAsync(IdRunFiles files, OpenedRuns opened, CancellationToken ct)
    {
        using var database = Database.Open(null, new Dictionary<string, string>
        {
            ["memory_limit"] = $"{RebuildMemoryBytes >> 20}MiB",
            ["threads"] = "1",
            ["temp_directory"] = parts.Directory.In("tmp/lake"),
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
        });
        using var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        var rebuild = new IdRunRebuild(parts.Tables, connection, files);
        foreach (var damaged in opened.Damaged)
        {
            var rebuilt = await rebuild.RunAsync(damaged, ct);
            metrics.RunRebuilt();
            _logger.IdRunRebuilt(damaged.Fault, rebuilt.Ids, damaged.Row.Count, rebuilt.Kept ?? "(no file)");
            foreach (var run in rebuilt.Runs)
            {
                opened.Add(run);
            }
        }
    }

    private LogReader OpenReader(LogPosition position)
    {
        var log = parts.Directory.In("log");
        return parts.Log is { } writer
            ? LogReader.Open(log, parts.Disk, position, writer)
            : LogReader.Open(log, parts.Disk, position, time);
    }

    private LogRefiner NewRefiner(Claims claims, string node, long position)
    {
        var refiner = new LogRefiner(
            new Refiner(parts.Protocols, claims, node), new RulesInForce(parts.Control).Of);
        var segment = LogSegments.List(parts.Disk, parts.Directory.In("log")).LastOrDefault(s => s.Base < position);
        if (segment is not null)
        {
            using var reader = OpenReader(segment.Base);
            try
            {
                refiner.Prime(reader, position);
            }
            catch (FileNotFoundException) when (segment.End <= position)
            {
                // A collector in another process has let it go; the next segment says which rules are in force.
            }
        }
        return refiner;
    }

    private ScratchFolder ResetScratch()
    {
        var scratch = parts.Directory.In("tmp/lake");
        if (Directory.Exists(scratch))
        {
            Directory.Delete(scratch, recursive: true);
        }
        Directory.CreateDirectory(scratch);
        return new ScratchFolder(parts.Disk, scratch);
    }
}

/// <summary>The process stops while the lake stands still: the log keeps what was not drained.</summary>
internal sealed class LakeStandsException(string fault)
    : Exception($"The lake stood still, the log keeps what it had not read: {fault}");
