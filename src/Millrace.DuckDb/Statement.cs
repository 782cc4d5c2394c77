using System.Text;

namespace Millrace.DuckDb;

/// <summary>A prepared statement: bind, run, bind again. Bound values stay until bound anew. Not thread safe.</summary>
/// <remarks>A Bind outside 1..<see cref="ParameterCount"/> throws <see cref="DuckDbException"/>.</remarks>
public sealed unsafe class Statement : IDisposable
{
    private readonly StatementHandle _handle;

    internal Statement(StatementHandle handle)
    {
        _handle = handle;
        ParameterCount = checked((int)Native.duckdb_nparams(handle));
        Type = Native.duckdb_prepared_statement_type(handle);
    }

    public int ParameterCount { get; }

    public StatementType Type { get; }

    private StatementHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
            return _handle;
        }
    }

    /// <summary>Binds a BIGINT.</summary>
    /// <param name="index">Counts from 1, as in SQL.</param>
    public Statement Bind(int index, long value) =>
        Checked(Native.duckdb_bind_int64(Handle, (ulong)index, value));

    /// <summary>Binds a DOUBLE.</summary>
    public Statement Bind(int index, double value) =>
        Checked(Native.duckdb_bind_double(Handle, (ulong)index, value));

    /// <summary>Binds a BOOLEAN.</summary>
    public Statement Bind(int index, bool value) =>
        Checked(Native.duckdb_bind_boolean(Handle, (ulong)index, value ? (byte)1 : (byte)0));

    /// <summary>Binds a VARCHAR, or NULL.</summary>
    public Statement Bind(int index, string? value) =>
        value is null ? BindNull(index) : Bind(index, Encoding.UTF8.GetBytes(value).AsSpan());

    /// <summary>Binds a VARCHAR from UTF-8, which DuckDB checks. An empty span is an empty string, not NULL.</summary>
    /// <remarks>A collection expression such as <c>[1, 2]</c> comes here too; a BLOB needs an array.</remarks>
    public Statement Bind(int index, ReadOnlySpan<byte> utf8)
    {
        fixed (byte* text = utf8)
        {
            // An empty span pins to null, which DuckDB would take for a missing string.
            byte none;
            var start = text is null ? &none : text;
            return Checked(Native.duckdb_bind_varchar_length(Handle, (ulong)index, start, (ulong)utf8.Length));
        }
    }

    /// <summary>Binds a TIMESTAMP WITH TIME ZONE; parts of a microsecond are cut off.</summary>
    public Statement Bind(int index, DateTimeOffset value) =>
        Checked(Native.duckdb_bind_timestamp_tz(Handle, (ulong)index, Calendar.MicrosSinceEpoch(value)));

    /// <summary>Binds a BLOB, or NULL.</summary>
    public Statement Bind(int index, byte[]? value)
    {
        if (value is null) return BindNull(index);
        fixed (byte* bytes = value)
        {
            byte none;
            var start = bytes is null ? &none : bytes;
            return Checked(Native.duckdb_bind_blob(Handle, (ulong)index, start, (ulong)value.Length));
        }
    }

    public Statement BindNull(int index) => Checked(Native.duckdb_bind_null(Handle, (ulong)index));

    /// <summary>Runs to the end and holds all rows in memory.</summary>
    /// <exception cref="DuckDbException">The statement failed, or a parameter is not bound.</exception>
    public Result Execute() => Run(stream: false);

    /// <summary>Starts, and hands out rows as they come, in bounded memory.</summary>
    /// <remarks>Errors may come from <see cref="Result.NextChunk"/>. Another query on the connection ends this
    /// result: its next chunk fails with <see cref="DuckDbErrorType.InvalidInput"/>.</remarks>
    /// <exception cref="DuckDbException">The statement failed to start, or a parameter is not bound.</exception>
    public Result Stream() => Run(stream: true);

    public void Dispose() => _handle.Dispose();

    private Result Run(bool stream)
    {
        var handle = new ResultHandle(Handle);
        try
        {
            var state = stream
                ? Native.duckdb_execute_prepared_streaming(Handle, handle)
                : Native.duckdb_execute_prepared(Handle, handle);
            if (state != 0) throw Result.ErrorOf(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
        return Result.Over(handle);
    }

    private Statement Checked(int state)
    {
        if (state == 0) return this;
        var message = Native.Borrow(Native.duckdb_prepare_error(Handle));

        // The one refusal without a message (1.5.6).
        throw message.Length == 0
            ? new DuckDbException("Text bound to a parameter is not valid UTF-8.", DuckDbErrorType.InvalidInput)
            : DuckDbException.FromMessage(message);
    }
}
