using Millrace.DuckDb;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Writes the files of one hour or day: those that tenants share, and those of one tenant.</summary>
/// <remarks>Files are in scratch until they are full, then the store has them: durable, and part of no table.</remarks>
/// <param name="parts">Where to.</param>
/// <param name="target">What they are of.</param>
/// <param name="zstd">Compresses them.</param>
/// <param name="rows">Memory for the rows of a range.</param>
internal sealed class CompactedFiles(CompactorParts parts, Zstd zstd, CompactedSlot target, LakeRows rows)
    : IDisposable
{
    private readonly Output _shared = new(new ParquetWriter(parts.Disk, zstd));
    private readonly Output _own = new(new ParquetWriter(parts.Disk, zstd));
    private readonly List<DataFile> _files = [];

    /// <summary>Where they are until they are full.</summary>
    public required ScratchFolder Scratch { get; init; }

    /// <summary>Receives each file's location before it is stored, so that a failed attempt can delete its own.
    /// </summary>
    public required ICollection<string> Stored { get; init; }

    /// <summary>Adds the rows of a range behind those there are.</summary>
    public async Task AddAsync(RowSource source, KeyRange range, bool isOwn)
    {
        var output = isOwn ? _own : _shared;
        if (output.Parquet is null)
        {
            output.Name = DataFileName.Compacted(target.Slot, isOwn, parts.Random.NextInt64());
            output.Parquet = output.Writer.Begin(Scratch.PathOf(output.Name), rows.Table);
        }
        parts.Quietly(() => Append(source, range, output.Parquet));
        if (!isOwn && output.Parquet.Bytes >= target.SharedFileBytes)
        {
            await EndAsync(isOwn: false);
        }
    }

    /// <summary>Completes the file that is being written, if one is.</summary>
    public async Task EndAsync(bool isOwn)
    {
        var output = isOwn ? _own : _shared;
        if (output.Parquet is null)
        {
            return;
        }
        var written = output.Parquet.Finish();
        output.Close();
        var location = $"{target.Folder}/{DataFileName.With(output.Name, written.Checksum)}";
        Stored.Add(location);
        await parts.Tables.Store.Objects.PutFileAsync(location, Scratch.PathOf(output.Name), CancellationToken.None);
        _files.Add(new DataFile
        {
            Path = location,
            RecordCount = written.Rows,
            SizeBytes = written.Checksum.Bytes,
            SpecId = rows.Table.Partition.Id,
            Partition = [Bounds.Int(target.Slot.Day)],
            SortOrderId = LakeTable.SortOrderId,
        }.With(written.Statistics));
    }

    /// <summary>Completes what is being written.</summary>
    /// <returns>All files.</returns>
    public async Task<IReadOnlyList<DataFile>> FinishAsync()
    {
        await EndAsync(isOwn: true);
        await EndAsync(isOwn: false);
        return _files;
    }

    public void Dispose()
    {
        _own.Close();
        _shared.Close();
        rows.Clear();
    }

    private void Append(RowSource source, KeyRange range, ParquetFile file)
    {
        rows.Clear();
        source.Load(range, rows);
        if (rows.Count != range.Rows)
        {
            throw new IcebergFormatException(
                target.Folder, $"{range.Rows} rows were counted and {rows.Count} read: a file changed under the lake");
        }
        // All rows are of one day: there is one slot.
        file.Append(rows, RowOrder.BySlot(rows, currentHour: null).Single().Rows.Span);
    }

    private sealed class Output(ParquetWriter writer)
    {
        public ParquetWriter Writer { get; } = writer;

        public ParquetFile? Parquet { get; set; }

        public string Name { get; set; } = "";

        public void Close()
        {
            Parquet?.Dispose();
            Parquet = null;
        }
    }
}

/// <summary>What compacted files are of.</summary>
/// <param name="Folder">Location of their directory.</param>
/// <param name="SharedFileBytes">Bytes at which a shared file is full.</param>
internal sealed record CompactedSlot(FileSlot Slot, string Folder, long SharedFileBytes);
