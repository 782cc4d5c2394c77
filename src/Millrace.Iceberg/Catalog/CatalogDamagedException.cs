using Microsoft.Data.Sqlite;

namespace Millrace.Iceberg;

/// <summary>The catalog's database is not sound: which metadata is current cannot be told from it.</summary>
public sealed class CatalogDamagedException(string path, Exception? cause, string problem = "SQLite cannot read it")
    : Exception(
        $"The catalog {path} is damaged: {problem}{(cause is null ? "" : $" ({cause.Message})")}. Restore it, "
        + "together with 'lake' and 'ids', from a backup of the data directory.", cause)
{
    private const int Error = 1;
    private const int Corrupt = 11;
    private const int NotDatabase = 26;

    /// <summary>The database file.</summary>
    public string Path { get; } = path;

    /// <summary>Whether SQLite says that the file itself is wrong, not the disk or the lock. An error of the statement
    /// is damage too: ours are right, so a table is gone or not as it was made.</summary>
    public static bool IsDamage(SqliteException problem) => problem.SqliteErrorCode is Error or Corrupt or NotDatabase;
}
