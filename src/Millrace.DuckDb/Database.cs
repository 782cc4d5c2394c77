namespace Millrace.DuckDb;

/// <summary>An open DuckDB instance: a file, or memory only. Thread safe.</summary>
/// <remarks>The instance closes when it and everything made from it is disposed (or collected), in any order.</remarks>
public sealed class Database : IDisposable
{
    private readonly DatabaseHandle _handle;

    private Database(DatabaseHandle handle) => _handle = handle;

    /// <summary>Version of the native library, such as <c>v1.5.6</c>.</summary>
    public static unsafe string LibraryVersion => Native.Borrow(Native.duckdb_library_version());

    private DatabaseHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
            return _handle;
        }
    }

    /// <summary>Opens a file, created if missing, or with null a database in memory that nothing else sees.</summary>
    /// <param name="path">One process at a time may hold a file open for writing.</param>
    /// <param name="settings">DuckDB's options by name, such as <c>threads</c>, in force from the start.</param>
    /// <exception cref="DuckDbException">The file cannot be opened or a setting is refused.</exception>
    public static unsafe Database Open(string? path, IReadOnlyDictionary<string, string>? settings = null)
    {
        if (Native.duckdb_create_config(out var config) != 0)
            throw new DuckDbException("DuckDB could not allocate its options.", DuckDbErrorType.OutOfMemory);

        var handle = new DatabaseHandle();
        try
        {
            foreach (var (name, value) in settings ?? new Dictionary<string, string>()) Set(config, name, value);
            var file = path is null ? null : Native.CString(path);
            var state = Native.duckdb_open_ext(file, out var native, config, out var error);
            handle.Take(native);
            if (state != 0) throw DuckDbException.FromMessage(Native.Take(error) ?? $"DuckDB could not open {path}.");
            return new Database(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
        finally
        {
            Native.duckdb_destroy_config(ref config);
        }
    }

    /// <summary>A new session: own transaction, own temporary tables.</summary>
    /// <exception cref="ObjectDisposedException">The database is disposed.</exception>
    public Connection Connect()
    {
        var handle = new ConnectionHandle(Handle);
        var state = Native.duckdb_connect(Handle, out var native);
        handle.Take(native);
        if (state == 0) return new Connection(handle);
        handle.Dispose();
        throw new DuckDbException("DuckDB refused a new connection.", DuckDbErrorType.Connection);
    }

    public void Dispose() => _handle.Dispose();

    private static void Set(nint config, string name, string value)
    {
        if (Native.duckdb_set_config(config, Native.CString(name), Native.CString(value)) == 0) return;
        var message = $"DuckDB refuses the setting {name} = '{value}'.";
        throw new DuckDbException(message, DuckDbErrorType.InvalidConfiguration);
    }
}
