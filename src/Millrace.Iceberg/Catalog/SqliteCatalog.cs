using Microsoft.Data.Sqlite;

namespace Millrace.Iceberg;

/// <summary>The SQL catalog that Java, PyIceberg and Rust know, in one SQLite file, with side tables of our own beside
/// it. Safe across threads and processes: writers queue on SQLite's lock.</summary>
public sealed class SqliteCatalog : ICatalog, IDisposable
{
    /// <summary>The name other engines must give this catalog in their settings: all rows carry it.</summary>
    public const string CatalogName = "millrace";

    /// <summary>How long a writer waits for another one.</summary>
    private static readonly TimeSpan s_busyTimeout = TimeSpan.FromSeconds(30);

    private const int LocationCharsMax = 1000;

    private const string Ddl = """
        CREATE TABLE IF NOT EXISTS iceberg_tables(
            catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
            metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
            PRIMARY KEY(catalog_name, table_namespace, table_name));
        CREATE TABLE IF NOT EXISTS iceberg_namespace_properties(
            catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL,
            property_key VARCHAR(255), property_value VARCHAR(1000),
            PRIMARY KEY(catalog_name, namespace, property_key));
        """;

    private const string IsOurTable =
        "catalog_name = $catalog AND table_namespace = $namespace AND table_name = $table "
        + "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)";

    private readonly string _path;
    private readonly string _connection;
    private volatile bool _isComplete;

    private SqliteCatalog(string path, SqliteOpenMode mode)
    {
        _path = path;
        _isComplete = mode == SqliteOpenMode.ReadOnly;
        _connection = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = true,
            DefaultTimeout = (int)s_busyTimeout.TotalSeconds,
        }.ToString();
    }

    /// <summary>Opens a catalog, creating file and tables where missing. Its directory must exist.</summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    /// <exception cref="CatalogDamagedException">It is not a sound database.</exception>
    public static Task<SqliteCatalog> OpenAsync(string path, CancellationToken ct) => Task.Run(() =>
    {
        SqliteCatalog catalog = At(path);
        catalog.Use(_ => true);
        return catalog;
    }, ct);

    /// <summary>A catalog that is opened, or created, by the first call of it: one that cannot be read now fails
    /// then.</summary>
    public static SqliteCatalog At(string path) => new(path, SqliteOpenMode.ReadWriteCreate);

    /// <summary>A catalog of which nothing is written.</summary>
    public static SqliteCatalog AtReadOnly(string path) => new(path, SqliteOpenMode.ReadOnly);

    /// <summary>What SQLite finds wrong when it reads the whole file; empty if it is sound.</summary>
    public Task<IReadOnlyList<string>> ProblemsAsync(CancellationToken ct) => Task.Run(() => Use(connection =>
    {
        using SqliteCommand command = Command(connection, "PRAGMA integrity_check");
        using SqliteDataReader reader = command.ExecuteReader();
        var problems = new List<string>();
        while (reader.Read())
        {
            problems.Add(reader.GetString(0));
        }
        return (IReadOnlyList<string>)(problems is ["ok"] ? [] : problems);
    }), ct);

    /// <summary>Closes the connections kept in the pool.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(connection);
    }

    public async Task<string?> LoadAsync(TableName table, CancellationToken ct) =>
        (await SnapshotAsync([table], [], ct)).Locations.GetValueOrDefault(table);

    public async Task<IReadOnlyDictionary<string, string>> ReadSideAsync(string table, CancellationToken ct) =>
        (await SnapshotAsync([], [table], ct)).Sides[table];

    public Task<IReadOnlyList<TableName>> ListAsync(CancellationToken ct) => Task.Run(() => Use(connection =>
    {
        using SqliteCommand command = Command(connection,
            "SELECT table_namespace, table_name FROM iceberg_tables WHERE catalog_name = $catalog "
            + "AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL) ORDER BY 1, 2", ("$catalog", CatalogName));
        using SqliteDataReader reader = command.ExecuteReader();
        var tables = new List<TableName>();
        while (reader.Read())
        {
            tables.Add(new TableName(reader.GetString(0), reader.GetString(1)));
        }
        return (IReadOnlyList<TableName>)tables;
    }), ct);

    public Task<CatalogSnapshot> SnapshotAsync(
        IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables, CancellationToken ct) =>
        Task.Run(() => Use(connection => Snapshot(connection, tables, sideTables)), ct);

    public Task<CommitOutcome> CommitAsync(CatalogCommit commit, CancellationToken ct) =>
        Task.Run(() => Use(connection => Commit(connection, commit)), ct);

    private static CatalogSnapshot Snapshot(
        SqliteConnection connection, IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables)
    {
        // Deferred: a read transaction that never waits for a writer, and sees one instant throughout.
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
        var locations = new Dictionary<TableName, string>();
        foreach (TableName table in tables)
        {
            if (ReadLocation(connection, table) is { } location)
            {
                locations[table] = location;
            }
        }
        return new CatalogSnapshot(locations, sideTables.ToDictionary(
            side => side, IReadOnlyDictionary<string, string> (side) => ReadSide(connection, side)));
    }

    private static CommitOutcome Commit(SqliteConnection connection, CatalogCommit commit)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        if (!commit.Swaps.All(swap => Swap(connection, swap)))
        {
            return CommitOutcome.Conflict;
        }
        foreach (SideRow row in commit.SideRows)
        {
            Write(connection, row);
        }
        try
        {
            transaction.Commit();
        }
        catch (SqliteException problem)
        {
            throw new CommitUnknownException(
                $"The catalog failed inside COMMIT (SQLite error {problem.SqliteExtendedErrorCode}).", problem);
        }
        return CommitOutcome.Committed;
    }

    /// <summary>False if the table is not where the swap expects it.</summary>
    private static bool Swap(SqliteConnection connection, TableSwap swap)
    {
        if (swap.New.Length > LocationCharsMax)
        {
            throw new ArgumentException(
                $"The catalog holds locations of up to {LocationCharsMax} characters: '{swap.New}'.");
        }
        (string, object)[] names =
        [
            ("$catalog", CatalogName), ("$namespace", swap.Table.Namespace), ("$table", swap.Table.Name),
            ("$new", swap.New),
        ];
        if (swap.Expected is null)
        {
            Run(connection,
                "INSERT OR IGNORE INTO iceberg_namespace_properties VALUES($catalog, $namespace, 'exists', 'true')",
                names.AsSpan(0, 2));
            return Run(connection,
                "INSERT OR IGNORE INTO iceberg_tables VALUES($catalog, $namespace, $table, $new, NULL, 'TABLE')",
                names) == 1;
        }
        return Run(connection,
            "UPDATE iceberg_tables SET metadata_location = $new, previous_metadata_location = $expected "
            + $"WHERE {IsOurTable} AND metadata_location = $expected", [.. names, ("$expected", swap.Expected)]) == 1;
    }

    private static void Write(SqliteConnection connection, SideRow row)
    {
        string table = SideTable.Checked(row.Table);
        Run(connection, $"CREATE TABLE IF NOT EXISTS {table}(key TEXT PRIMARY KEY, value TEXT)");
        if (row.Value is null)
        {
            Run(connection, $"DELETE FROM {table} WHERE key = $key", ("$key", row.Key));
        }
        else
        {
            Run(connection, $"INSERT OR REPLACE INTO {table} VALUES($key, $value)",
                ("$key", row.Key), ("$value", row.Value));
        }
    }

    private static string? ReadLocation(SqliteConnection connection, TableName table)
    {
        using SqliteCommand command = Command(connection,
            $"SELECT metadata_location FROM iceberg_tables WHERE {IsOurTable}",
            ("$catalog", CatalogName), ("$namespace", table.Namespace), ("$table", table.Name));
        return command.ExecuteScalar() as string;
    }

    private static Dictionary<string, string> ReadSide(SqliteConnection connection, string table)
    {
        var rows = new Dictionary<string, string>();
        using SqliteCommand exists = Command(connection,
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $name", ("$name", SideTable.Checked(table)));
        if (exists.ExecuteScalar() is null)
        {
            return rows;
        }
        using SqliteCommand command = Command(connection, $"SELECT key, value FROM {table}");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows[reader.GetString(0)] = reader.GetString(1);
        }
        return rows;
    }

    /// <summary>The one way to the file.</summary>
    private T Use<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            using SqliteConnection connection = Connect();
            return work(connection);
        }
        catch (SqliteException problem) when (CatalogDamagedException.IsDamage(problem))
        {
            // The pool holds the damaged file open, even if the operator puts a sound one in its place.
            Dispose();
            _isComplete = false;
            throw new CatalogDamagedException(_path, problem);
        }
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        try
        {
            connection.Open();
            if (!_isComplete)
            {
                Run(connection, "PRAGMA journal_mode = WAL");
                Run(connection, Ddl);
                _isComplete = true;
            }
            // Settings of a connection, not of the file; a pooled one may be new. FULL: a commit survives power loss.
            Run(connection, $"PRAGMA busy_timeout = {(int)s_busyTimeout.TotalMilliseconds}; PRAGMA synchronous = FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static int Run(
        SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(
        SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        return command;
    }
}
