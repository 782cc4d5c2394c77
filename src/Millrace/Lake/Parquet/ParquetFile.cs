using Millrace.Log;

namespace Millrace.Lake;

/// <summary>A Parquet file that is being written, row group after row group; of no use before
/// <see cref="Finish"/>.</summary>
internal sealed class ParquetFile(ParquetWriter writer, IDiskFile file, LakeTable table) : IDisposable
{
    private readonly List<List<ColumnChunk>> _groups = [];

    /// <summary>Bytes of it so far.</summary>
    public long Bytes => writer.Position;

    /// <summary>Adds rows behind those there are.</summary>
    /// <param name="rows">The rows; not needed any more when this returns.</param>
    /// <param name="order">Which of them, in the order of the file.</param>
    public void Append(LakeRows rows, ReadOnlySpan<int> order) => writer.Append(file, rows, order, _groups);

    /// <summary>Completes the file. It must have a row.</summary>
    public WrittenFile Finish() => writer.Finish(file, table, _groups);

    public void Dispose() => file.Dispose();
}
