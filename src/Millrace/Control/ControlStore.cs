using System.Text;
using Microsoft.Data.Sqlite;

namespace Millrace.Control;

/// <summary>DIR/control.db: tenants, keys by hash, and the control versions that log records name.</summary>
/// <remarks>SQLite in WAL mode; several processes write. Every call opens its own pooled connection, so it is thread
/// safe. Times are µs since 1970.</remarks>
internal sealed class ControlStore
{
    private const int SchemaVersion = 1;
    private const int BusySeconds = 5;

    private readonly string _connection;
    private readonly TimeProvider _time;

    private ControlStore(string path, TimeProvider time)
    {
        _time = time;
        _connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = BusySeconds }.ToString();
    }

    /// <summary>Opens the database, creating it if it is missing.</summary>
    /// <exception cref="OperatorException">A newer Millrace wrote it, or it cannot be opened.</exception>
    public static ControlStore Open(string path, TimeProvider time)
    {
        var store = new ControlStore(path, time);
        try
        {
            using var database = store.Connect();
            var version = (long)Command(database, "PRAGMA user_version").ExecuteScalar()!;
            if (version > SchemaVersion)
            {
                throw new OperatorException(OperatorException.BadUsage,
                    $"A newer Millrace wrote '{path}': use that one.");
            }
            if (version < SchemaVersion)
            {
                CreateSchema(database);
            }
            return store;
        }
        catch (SqliteException failure)
        {
            throw new OperatorException(OperatorException.Failed, $"'{path}' cannot be opened: {failure.Message}",
                failure);
        }
    }

    /// <summary>Makes a key, and its tenant if that is missing.</summary>
    /// <returns>The grant and the value: nobody can read the value again.</returns>
    /// <exception cref="OperatorException">A part of the key is wrong, or the value is in use.</exception>
    public (KeyGrant Grant, string Value) CreateKey(NewKey key)
    {
        if (KeyRules.Fault(key) is { } fault)
        {
            throw new OperatorException(OperatorException.BadUsage, fault);
        }
        var value = key.Value ?? KeyRules.MakeValue(key.Role);
        var grant = new KeyGrant(KeyRules.MakeId(), KeyHash.Of(Encoding.UTF8.GetBytes(value)), key.Tenant, key.Source,
            key.Role);
        using var database = Connect();
        using var transaction = database.BeginTransaction();
        if (key.Tenant.Length > 0)
        {
            Command(database, "INSERT OR IGNORE INTO tenants (tenant, created) VALUES ($1, $2)", key.Tenant, Now())
                .ExecuteNonQuery();
        }
        var added = Command(database,
            """
            INSERT INTO keys (id, hash, tenant, source, role, created) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (hash) DO NOTHING
            """,
            grant.Id, HashBytes(grant.Hash), grant.Tenant, grant.Source, RoleText(grant.Role), Now()).ExecuteNonQuery();
        if (added == 0)
        {
            throw new OperatorException(OperatorException.Failed,
                "A key with this value exists already, or existed: choose another.");
        }
        transaction.Commit();
        return (grant, value);
    }

    /// <summary>Ends a key.</summary>
    /// <returns>False: there is no such key, or it was revoked before.</returns>
    public bool RevokeKey(string id)
    {
        using var database = Connect();
        return Command(database, "UPDATE keys SET revoked = $2 WHERE id = $1 AND revoked IS NULL", id, Now())
            .ExecuteNonQuery() > 0;
    }

    /// <summary>Every key that was ever made, oldest first.</summary>
    public IReadOnlyList<KeyRecord> Keys()
    {
        using var database = Connect();
        using var rows = Command(database,
            "SELECT id, hash, tenant, source, role, created, revoked FROM keys ORDER BY created, id").ExecuteReader();
        var keys = new List<KeyRecord>();
        while (rows.Read())
        {
            var hash = KeyHash.From((byte[])rows[1]);
            var grant = new KeyGrant(rows.GetString(0), hash, rows.GetString(2), rows.GetString(3),
                Enum.Parse<KeyRole>(rows.GetString(4), ignoreCase: true));
            keys.Add(new KeyRecord(grant, Time(rows.GetInt64(5)), rows.IsDBNull(6) ? null : Time(rows.GetInt64(6))));
        }
        return keys;
    }

    public IReadOnlyList<string> Tenants()
    {
        using var database = Connect();
        using var rows = Command(database, "SELECT tenant FROM tenants ORDER BY tenant").ExecuteReader();
        var tenants = new List<string>();
        while (rows.Read())
        {
            tenants.Add(rows.GetString(0));
        }
        return tenants;
    }

    /// <summary>Keeps the content of a control version; durable when this returns, so that a log record may name
    /// it.</summary>
    public void KeepVersion(ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> content)
    {
        using var database = Connect();
        Command(database, "INSERT OR IGNORE INTO versions (hash, content, created) VALUES ($1, $2, $3)",
            hash.ToArray(), content.ToArray(), Now()).ExecuteNonQuery();
    }

    /// <summary>The content of a control version; null: nobody kept it.</summary>
    public byte[]? Version(ReadOnlyMemory<byte> hash)
    {
        using var database = Connect();
        return (byte[]?)Command(database, "SELECT content FROM versions WHERE hash = $1", hash.ToArray())
            .ExecuteScalar();
    }

    /// <summary>A connection of one's own, on which <see cref="DataVersion"/> tells of others' commits.</summary>
    public SqliteConnection Connect()
    {
        var database = new SqliteConnection(_connection);
        database.Open();
        Command(database, "PRAGMA synchronous = FULL").ExecuteNonQuery();
        return database;
    }

    /// <summary>A number that changes when another connection, of this process or any, has committed.</summary>
    public static long DataVersion(SqliteConnection database) =>
        (long)Command(database, "PRAGMA data_version").ExecuteScalar()!;

    private static void CreateSchema(SqliteConnection database)
    {
        Command(database, "PRAGMA journal_mode = WAL").ExecuteNonQuery();
        using var transaction = database.BeginTransaction();
        Command(database,
            $"""
            CREATE TABLE IF NOT EXISTS tenants (tenant TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT;
            CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, tenant TEXT NOT NULL,
                source TEXT NOT NULL, role TEXT NOT NULL, created INTEGER NOT NULL, revoked INTEGER) STRICT;
            CREATE TABLE IF NOT EXISTS versions (hash BLOB PRIMARY KEY, content BLOB NOT NULL,
                created INTEGER NOT NULL) STRICT;
            PRAGMA user_version = {SchemaVersion};
            """).ExecuteNonQuery();
        transaction.Commit();
    }

    private static SqliteCommand Command(SqliteConnection database, string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand();
        command.CommandText = sql;
        for (var at = 0; at < values.Length; at++)
        {
            command.Parameters.AddWithValue($"${at + 1}", values[at]);
        }
        return command;
    }

    private static byte[] HashBytes(KeyHash hash) => ((ReadOnlySpan<byte>)hash).ToArray();

    private static string RoleText(KeyRole role) => role.ToString().ToLowerInvariant();

    private long Now() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Time(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}

/// <summary>A key as <c>key list</c> shows it.</summary>
/// <param name="Revoked">Null: it is in force.</param>
internal sealed record KeyRecord(KeyGrant Grant, DateTimeOffset Created, DateTimeOffset? Revoked);
