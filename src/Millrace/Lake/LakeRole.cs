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
internal sealed class LakeRole(
    LakeRoleParts parts, LakeOptions options, LakeMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    : BackgroundService
{
    private const int CompressionLevel = 1;

    private LakeLoop? _loop;
    private long _targetAtStart = long.MaxValue;

    /// <summary>True once the rows of everything that was in the log at start are visible again.</summary>
    public bool IsCaughtUp => _loop is { } loop && (loop.HasCaughtUp || loop.RefinedEnd >= _targetAtStart);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await parts.Tables.CreateMissingAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(
            () => RunAsync(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();

    private async Task RunAsync(CancellationToken stop)
    {
        var node = parts.Directory.NodeText;
        var position = await parts.Tables.PositionAsync(node, stop) ?? new LakePosition(0, 0);
        var scratch = ResetScratch();
        var hot = new HotSegments(parts.Disk, parts.Directory.In("hot"), node);
        hot.Reset();
        using var zstd = new Zstd(CompressionLevel);
        using var reader = OpenReader(new LogPosition(position.Offset, position.Events ?? -1));
        var idFiles = new IdRunFiles(parts.Tables.Catalog, parts.Disk, parts.Directory.In("ids"), parts.Directory.Node);
        using var runs = await idFiles.OpenAsync(stop);
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
                    new LakeCareParts(parts.Tables, idFiles, claims) { Runs = runs }, options, time),
            },
            options, time, loggers.CreateLogger<LakeLoop>());
        metrics.RefinedTo(position.Offset);
        metrics.CommittedTo(position.Offset);
        _targetAtStart = reader.SyncedEnd;
        loggers.CreateLogger<LakeRole>().Resumed(position.Offset, node);
        await _loop.RunAsync(stop);
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
            refiner.Prime(reader, position);
        }
        return refiner;
    }

    private string ResetScratch()
    {
        var scratch = parts.Directory.In("tmp/lake");
        if (Directory.Exists(scratch))
        {
            Directory.Delete(scratch, recursive: true);
        }
        Directory.CreateDirectory(scratch);
        return scratch;
    }
}
