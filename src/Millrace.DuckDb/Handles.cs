using System.Runtime.InteropServices;

namespace Millrace.DuckDb;

/// <summary>Owns one native object and keeps its owner's native object alive until it is gone itself.</summary>
/// <remarks>
/// That order (result, statement, connection, database) is what the library needs; disposing in any other, twice, or
/// never, is harmless. Destruction waits for calls that are under way on other threads.
/// </remarks>
internal abstract class DuckDbHandle : SafeHandle
{
    private readonly SafeHandle? _owner;

    protected DuckDbHandle(SafeHandle? owner)
        : base(0, ownsHandle: true)
    {
        var held = false;
        owner?.DangerousAddRef(ref held);
        _owner = held ? owner : null;
    }

    /// <summary>Never, so that an owner is let go even if the native object was never made.</summary>
    public override bool IsInvalid => false;

    /// <summary>Its user let go of it, even if results or statements still keep the native object alive.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Hands over a native object, or 0 where its creation failed.</summary>
    public void Take(nint native) => SetHandle(native);

    protected abstract void Destroy(ref nint native);

    protected sealed override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }

    protected sealed override bool ReleaseHandle()
    {
        if (handle != 0) Destroy(ref handle);
        _owner?.DangerousRelease();
        return true;
    }
}

internal sealed class DatabaseHandle() : DuckDbHandle(null)
{
    protected override void Destroy(ref nint native) => Native.duckdb_close(ref native);
}

internal sealed class ConnectionHandle(DatabaseHandle database) : DuckDbHandle(database)
{
    protected override void Destroy(ref nint native) => Native.duckdb_disconnect(ref native);
}

internal sealed class StatementHandle(ConnectionHandle connection) : DuckDbHandle(connection)
{
    protected override void Destroy(ref nint native) => Native.duckdb_destroy_prepare(ref native);
}

/// <summary>A <c>duckdb_result</c> in native memory, and the one chunk of it that is being read.</summary>
internal sealed unsafe class ResultHandle : DuckDbHandle
{
    private nint _chunk;

    public ResultHandle(SafeHandle producer)
        : base(producer) => Take((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)));

    private NativeResult* Pointer => (NativeResult*)handle;

    /// <summary>Rows still come from the running query. Such a result must not be asked for its changed rows.</summary>
    public bool IsStreaming()
    {
        using var use = new Use(this);
        return Native.duckdb_result_is_streaming(*Pointer);
    }

    /// <summary>Frees the chunk before and fetches the next; 0 at the end or on an error.</summary>
    public nint FetchChunk()
    {
        using var use = new Use(this);
        FreeChunk();
        return _chunk = Native.duckdb_fetch_chunk(*Pointer);
    }

    protected override void Destroy(ref nint native)
    {
        FreeChunk();
        Native.duckdb_destroy_result((NativeResult*)native);
        NativeMemory.Free((void*)native);
        native = 0;
    }

    private void FreeChunk()
    {
        if (_chunk != 0) Native.duckdb_destroy_data_chunk(ref _chunk);
    }
}

/// <summary>An appender and the chunk that is being filled for it.</summary>
internal sealed class AppenderHandle(ConnectionHandle connection) : DuckDbHandle(connection)
{
    private nint _chunk;

    public void TakeChunk(nint chunk) => _chunk = chunk;

    /// <summary>Drops what was not flushed: left alone, destroying an appender writes it.</summary>
    protected override void Destroy(ref nint native)
    {
        if (_chunk != 0) Native.duckdb_destroy_data_chunk(ref _chunk);
        _ = Native.duckdb_appender_clear(native);
        _ = Native.duckdb_appender_destroy(ref native);
    }
}

/// <summary>Holds a handle open over the direct use of its pointer.</summary>
/// <exception cref="ObjectDisposedException">The handle is closed.</exception>
internal readonly ref struct Use
{
    private readonly SafeHandle _handle;

    public Use(SafeHandle handle)
    {
        var held = false;
        handle.DangerousAddRef(ref held);
        _handle = handle;
    }

    public void Dispose() => _handle.DangerousRelease();
}
