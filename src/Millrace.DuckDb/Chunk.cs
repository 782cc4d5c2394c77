namespace Millrace.DuckDb;

/// <summary>Up to 2048 rows of a result, column by column. Shows other rows after the next
/// <see cref="Result.NextChunk"/>, and none after the end.</summary>
public sealed class Chunk
{
    private readonly Vector[] _columns;

    internal Chunk(Result owner, ResultColumn[] columns) =>
        _columns = Array.ConvertAll(columns, column => new Vector(owner, column.LogicalType));

    public int RowCount { get; private set; }

    public Vector Column(int index) => _columns[index];

    /// <summary>Shows the rows of a native chunk; 0 for none.</summary>
    internal void PointAt(nint chunk)
    {
        RowCount = chunk == 0 ? 0 : (int)Native.duckdb_data_chunk_get_size(chunk);
        for (var i = 0; i < _columns.Length; i++)
        {
            var vector = RowCount == 0 ? 0 : Native.duckdb_data_chunk_get_vector(chunk, (ulong)i);
            _columns[i].PointAt(vector, RowCount);
        }
    }
}
