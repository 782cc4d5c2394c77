using System.Globalization;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Log;

namespace Millrace.Lake;

/// <summary>What a compactor works with.</summary>
/// <param name="Disk">Has the scratch directory.</param>
/// <param name="Scratch">A directory of its own.</param>
internal sealed record CompactorParts(LakeTables Tables, IDisk Disk, string Scratch)
{
    public required Random Random { get; init; }

    /// <summary>Runs what takes a processor for long, and returns when it is done.</summary>
    public Action<Action> Quietly { get; init; } = work => work();
}

/// <summary>What a compaction made.</summary>
/// <param name="Files">In place of the job's.</param>
/// <param name="Corrections">What the ledger says of the copies that were dropped.</param>
internal sealed record Compacted(IReadOnlyList<DataFile> Files, LedgerIncrements Corrections)
{
    public long Duplicates => Corrections.Rows.Where(row => row.Events > 0).Sum(row => row.Events);
}

/// <summary>Carries out compactions: reads the rows range by range in the table's order, writes them as few files, and
/// swaps these in with a <c>replace</c> snapshot.</summary>
/// <remarks>
/// Memory is that of one range and of what DuckDB needs to read it. A file whose bytes are not those it was committed
/// with is not read: its damage would be lost from view. What a failed attempt leaves is part of no table. Not thread
/// safe.
/// </remarks>
internal sealed class Compactor(CompactorParts parts, CompactionOptions options) : IDisposable
{
    /// <summary>How long a file will be is an estimate, until it is written: a tenant's own must not be too
    /// short.</summary>
    private const double OwnFileMargin = 1.25;

    private const long MicrosPerHour = 3_600_000_000;

    private readonly Transaction _transaction = new(parts.Tables.Catalog, parts.Tables.Store);
    private readonly Zstd _zstd = new(options.ZstdLevel);

    /// <exception cref="StaleChangeException">One of the job's files is no longer in the table.</exception>
    /// <exception cref="IcebergFormatException">One of them is damaged.</exception>
    /// <exception cref="OperationCanceledException">Stopped between two ranges.</exception>
    public async Task<Compacted> RunAsync(CompactionJob job, CancellationToken ct)
    {
        var stored = new List<string>();
        try
        {
            var compacted = await WriteAsync(job, stored, ct);
            if (compacted.Files.Sum(file => file.RecordCount) + compacted.Duplicates != job.Rows)
            {
                throw new IcebergFormatException(
                    $"{parts.Tables.Location(job.Table)}/data/{job.Slot.Folder}",
                    $"manifests say that its files have {job.Rows} rows, and they have another number");
            }
            await _transaction.CommitAsync(
                new TransactionRequest(await ChangesAsync(job, compacted, stored)), CancellationToken.None);
            return compacted;
        }
        catch (Exception failure) when (failure is not CommitUnknownException)
        {
            await parts.Tables.DiscardAsync(stored);
            ct.ThrowIfCancellationRequested(); // DuckDB says otherwise that it was interrupted.
            throw;
        }
        finally
        {
            ClearScratch();
        }
    }

    public void Dispose() => _zstd.Dispose();

    /// <summary>What is dropped and what the ledger says of it become true together.</summary>
    private async Task<IReadOnlyList<TableChange>> ChangesAsync(
        CompactionJob job, Compacted compacted, List<string> stored)
    {
        var change = new TableChange(job.Table.TableName);
        if (compacted.Duplicates == 0)
        {
            return [change.Replace(job.Inputs, compacted.Files)];
        }
        change = compacted.Files.Count == 0 ? change.Delete(job.Inputs) : change.Overwrite(job.Inputs, compacted.Files);
        var writer = new DataFileWriter(
            new ParquetWriter(parts.Disk, _zstd), parts.Tables.Store.Objects, Scratch(), parts.Random);
        var target = new FilesToWrite(parts.Tables.Location(LakeTable.Ledger), LedgerName(job), CurrentHour: null);
        var rows = await writer.WriteAsync(compacted.Corrections.ToRows(), target, stored, CancellationToken.None);
        return [change, new TableChange(LakeTable.Ledger.TableName).Append(rows)];
    }

    /// <summary>Three parts, as the files of commits have.</summary>
    private static string LedgerName(CompactionJob job) => string.Create(
        CultureInfo.InvariantCulture, $"duplicates-{job.Slot.Day}-{job.Slot.Hour ?? 0}");

    private ScratchFolder Scratch()
    {
        var files = Path.Combine(parts.Scratch, "files");
        parts.Disk.CreateDirectory(files);
        return new ScratchFolder(parts.Disk, files);
    }

    /// <summary>Best effort: what stays goes before the next job.</summary>
    private void ClearScratch()
    {
        try
        {
            Scratch().Clear();
        }
        catch (IOException)
        {
            // The disk has failed already, which is what is told.
        }
    }

    private async Task<Compacted> WriteAsync(CompactionJob job, List<string> stored, CancellationToken ct)
    {
        Scratch().Clear();
        var paths = job.Inputs.Select(file => Proven(file, ct)).ToList();
        using var database = Database.Open(null, Settings());
        using var connection = database.Connect();
        using var interrupt = ct.UnsafeRegister(_ => connection.Interrupt(), null);
        connection.Execute("SET TimeZone = 'UTC'");
        var source = new RowSource(connection, job.Table, paths);
        var corrections = new LedgerIncrements();
        IReadOnlyList<(FileSlot, IReadOnlyList<KeyStretch>)> slots = [];
        parts.Quietly(() =>
        {
            if (job.Others is { } others)
            {
                corrections = source.DropDuplicates(
                    [.. others.Select(file => parts.Tables.Store.Objects.LocalPath(file.Path))]);
            }
            slots = [.. Slots(job, source)];
        });
        var rows = new LakeRows(job.Table);
        var outputs = new List<DataFile>();
        foreach (var (slot, conditions) in slots)
        {
            outputs.AddRange(await WriteAsync(job, new SlotWork(source, slot, conditions, rows), stored, ct));
        }
        return new Compacted(outputs, corrections);
    }

    private async Task<IReadOnlyList<DataFile>> WriteAsync(
        CompactionJob job, SlotWork work, List<string> stored, CancellationToken ct)
    {
        var ranges = new KeyRanges(work.Source, options.RowBytesMax);
        List<KeyGroup> groups = [];
        parts.Quietly(() => groups = [.. ranges.Groups(work.Conditions)]);
        var stretches = Stretches(job, groups);
        using var files = new CompactedFiles(
            parts, _zstd, Target(job, work.Slot, stretches), work.Rows)
        {
            Scratch = Scratch(), Stored = stored,
        };
        foreach (var stretch in stretches)
        {
            List<KeyRange> cut = [];
            parts.Quietly(() => cut = [.. ranges.Cut(stretch.Groups, work.Conditions)]);
            foreach (var range in cut)
            {
                ct.ThrowIfCancellationRequested();
                await files.AddAsync(work.Source, range, stretch.IsOwn);
            }
            if (stretch.IsOwn)
            {
                await files.EndAsync(isOwn: true);
            }
        }
        return await files.FinishAsync();
    }

    /// <summary>A job's slot, or the hours of the day that it folds.</summary>
    private static IEnumerable<(FileSlot Slot, IReadOnlyList<KeyStretch> Conditions)> Slots(
        CompactionJob job, RowSource source)
    {
        if (!job.IsFolding)
        {
            return [(job.Slot, [])];
        }
        var time = job.Table.Schema.Find(job.Table.TimeColumn)!;
        return source.Hours(time).Select(hour => (
            new FileSlot(job.Slot.Day, hour),
            (IReadOnlyList<KeyStretch>)[new KeyStretch(
                time, new KeyValue(null, hour * MicrosPerHour), new KeyValue(null, (hour + 1) * MicrosPerHour - 1))]));
    }

    /// <summary>Groups that go to shared files, and those of tenants with a file of their own, in turn.</summary>
    private List<Stretch> Stretches(CompactionJob job, List<KeyGroup> groups)
    {
        var total = Math.Max(1, groups.Sum(group => group.Bytes));
        var isByTenant = job.Table.Order[0] == LakeTable.TenantColumn && job.Slot.Hour is not null;
        var found = new List<Stretch>();
        foreach (var group in groups)
        {
            var bytes = (long)((double)group.Bytes / total * job.Bytes);
            var isOwn = isByTenant && bytes >= options.OwnFileBytes * OwnFileMargin;
            if (isOwn || found.Count == 0 || found[^1].IsOwn)
            {
                found.Add(new Stretch(isOwn));
            }
            found[^1].Groups.Add(group);
            found[^1].FileBytes += bytes;
        }
        return found;
    }

    private CompactedSlot Target(CompactionJob job, FileSlot slot, List<Stretch> stretches)
    {
        var shared = stretches.Where(stretch => !stretch.IsOwn).Sum(stretch => stretch.FileBytes);
        var files = Math.Clamp((shared + options.FileBytesMax - 1) / options.FileBytesMax, 1, job.SharedFilesMax);
        return new CompactedSlot(
            slot, $"{parts.Tables.Location(job.Table)}/data/{slot.Folder}",
            files == 1 ? long.MaxValue : shared / files);
    }

    /// <summary>The path of a file that is as it was committed.</summary>
    private string Proven(DataFile file, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var path = parts.Tables.Store.Objects.LocalPath(file.Path);
        var isSound = false;
        parts.Quietly(() => isSound = DataFileName.IsSound(path));
        return isSound ? path
            : throw new IcebergFormatException(file.Path, "its checksum is wrong: restore it from a backup");
    }

    private Dictionary<string, string> Settings() => new()
    {
        ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{options.MemoryBytesMax}B"),
        ["threads"] = "1",
        ["temp_directory"] = Path.Combine(parts.Scratch, "duckdb"),
        ["enable_external_file_cache"] = "false",
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
    };

    /// <summary>The rows of one slot, and memory for those of a range.</summary>
    private sealed record SlotWork(
        RowSource Source, FileSlot Slot, IReadOnlyList<KeyStretch> Conditions, LakeRows Rows);

    /// <summary>Groups that follow each other.</summary>
    private sealed class Stretch(bool isOwn)
    {
        public bool IsOwn { get; } = isOwn;

        public List<KeyGroup> Groups { get; } = [];

        /// <summary>About the bytes of files that they take.</summary>
        public long FileBytes { get; set; }
    }
}
