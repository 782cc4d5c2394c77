using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>What the files of a commit have in common.</summary>
/// <param name="Location">Of the table.</param>
/// <param name="NamePrefix"><c>&lt;node&gt;-&lt;first&gt;-&lt;end&gt;</c>.</param>
/// <param name="CurrentHour">Hours since 1970 of the newest record; null: one file per day.</param>
internal sealed record FilesToWrite(string Location, string NamePrefix, long? CurrentHour);

/// <summary>Writes rows as sorted Parquet files, one for each <see cref="FileSlot"/>, and gives them to the object
/// store.</summary>
/// <remarks>They are written into a scratch directory; a file is durable once the store has taken it over.</remarks>
internal sealed class DataFileWriter(ParquetWriter parquet, IObjectStore store, ScratchFolder scratch, Random random)
{
    /// <param name="rows">The rows, in any order; at least one.</param>
    /// <param name="target">Where the files go.</param>
    /// <param name="stored">Receives each file's location before it is stored, so that a failed attempt can delete its
    /// own.</param>
    /// <param name="ct">Stops between two files.</param>
    /// <returns>The files, durable but not yet part of any table.</returns>
    public async Task<IReadOnlyList<DataFile>> WriteAsync(
        LakeRows rows, FilesToWrite target, ICollection<string> stored, CancellationToken ct)
    {
        scratch.Clear();
        var files = new List<DataFile>();
        foreach (var (slot, order) in RowOrder.BySlot(rows, target.CurrentHour))
        {
            var name = $"{target.NamePrefix}-{random.NextInt64():x16}.parquet";
            var path = scratch.PathOf(name);
            var written = parquet.Write(path, rows, order.Span);
            var location = $"{target.Location}/data/{slot.Folder}/{DataFileName.With(name, written.Checksum)}";
            stored.Add(location);
            await store.PutFileAsync(location, path, ct);
            files.Add(new DataFile
            {
                Path = location,
                RecordCount = written.Rows,
                SizeBytes = written.Checksum.Bytes,
                SpecId = rows.Table.Partition.Id,
                Partition = [Bounds.Int(slot.Day)],
                SortOrderId = LakeTable.SortOrderId,
            }.With(written.Statistics));
        }
        return files;
    }
}
