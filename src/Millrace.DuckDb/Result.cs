namespace Millrace.DuckDb;

/// <summary>A column of a result.</summary>
/// <param name="Name">As the query names it; names may repeat.</param>
public sealed record ResultColumn(string Name, LogicalType LogicalType)
{
    public DuckDbType Type => LogicalType.Id;

    /// <summary>The type as SQL reads it, such as <c>DECIMAL(18,2)</c> or <c>VARCHAR[]</c>.</summary>
    public string TypeName => LogicalType.Sql;
}

/// <summary>The rows of a query, chunk by chunk, forward only. Not thread safe.</summary>
public sealed class Result : IDisposable
{
    private readonly ResultHandle _handle;
    private readonly Chunk _chunk;
    private bool _isFinished;

    private unsafe Result(ResultHandle handle)
    {
        _handle = handle;
        var columns = new ResultColumn[(int)Native.duckdb_column_count(handle)];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new ResultColumn(
                Native.Borrow(Native.duckdb_column_name(handle, (ulong)i)),
                LogicalType.Take(Native.duckdb_column_logical_type(handle, (ulong)i)));
        }
        Columns = columns;
        RowsChanged = handle.IsStreaming() ? 0 : (long)Native.duckdb_rows_changed(handle);
        _chunk = new Chunk(this, columns);
    }

    public IReadOnlyList<ResultColumn> Columns { get; }

    /// <summary>Rows an INSERT, UPDATE, DELETE or COPY touched; 0 for a query.</summary>
    public long RowsChanged { get; }

    /// <summary>Moves to the next rows; false, with an empty chunk, when there are no more.</summary>
    /// <param name="chunk">One object for the whole result: this call replaces what it showed before.</param>
    /// <exception cref="DuckDbException">A streaming query failed or was interrupted.</exception>
    public bool NextChunk(out Chunk chunk)
    {
        chunk = _chunk;
        _chunk.PointAt(0);
        if (_isFinished) return false;

        var native = _handle.FetchChunk();
        _chunk.PointAt(native);
        if (_chunk.RowCount > 0) return true;

        _isFinished = true;
        return native == 0 && HasError() ? throw ErrorOf(_handle) : false;
    }

    /// <summary>The remaining rows as arrays of <see cref="Vector.Value"/>: for tests and cold paths.</summary>
    public IEnumerable<object?[]> Rows()
    {
        while (NextChunk(out var chunk))
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var values = new object?[Columns.Count];
                for (var column = 0; column < values.Length; column++) values[column] = chunk.Column(column).Value(row);
                yield return values;
            }
        }
    }

    /// <summary>Frees the rows; the chunk shows none from here on.</summary>
    public void Dispose()
    {
        _isFinished = true;
        _chunk.PointAt(0);
        _handle.Dispose();
    }

    /// <summary>Wraps a result that succeeded, and owns it even if reading its columns fails.</summary>
    internal static Result Over(ResultHandle handle)
    {
        try
        {
            return new Result(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    internal static unsafe DuckDbException ErrorOf(ResultHandle handle) =>
        new(Native.Borrow(Native.duckdb_result_error(handle)), Native.duckdb_result_error_type(handle));

    private unsafe bool HasError() => Native.duckdb_result_error(_handle) is not null;
}
