using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Millrace.Audit;

/// <summary>Checks control.db: the database itself, and that each control version is what its hash says.</summary>
internal static class ControlCheck
{
    private const string Advice = "Restore control.db from a backup of the data directory, or make the keys anew with "
        + "'millrace key create' once the damaged file is moved away and the log is drained.";

    /// <returns>Hashes of the control versions it holds; null if it cannot be read, or there is none.</returns>
    public static IReadOnlySet<string>? Run(CheckScope scope)
    {
        var path = scope.In("control.db");
        if (!File.Exists(path))
        {
            if (scope.Has("log"))
            {
                scope.Report.Add(new CheckFinding(CheckKind.Control, path, "is missing", Advice));
            }
            return null;
        }
        try
        {
            var text = new SqliteConnectionStringBuilder
            {
                DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false,
            }.ToString();
            using var database = new SqliteConnection(text);
            database.Open();
            foreach (var problem in Texts(database, scope.IsDeep ? "PRAGMA integrity_check" : "PRAGMA quick_check"))
            {
                if (problem != "ok")
                {
                    scope.Report.Add(new CheckFinding(CheckKind.Control, path, problem, Advice));
                }
            }
            return Versions(scope, path, database);
        }
        catch (SqliteException failure)
        {
            scope.Report.Add(new CheckFinding(CheckKind.Control, path, failure.Message, Advice));
            return null;
        }
    }

    private static HashSet<string> Versions(CheckScope scope, string path, SqliteConnection database)
    {
        var versions = new HashSet<string>();
        using var command = database.CreateCommand();
        command.CommandText = "SELECT hash, content FROM versions";
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            var (hash, content) = ((byte[])rows[0], (byte[])rows[1]);
            scope.Report.Count("control_versions");
            versions.Add(Convert.ToHexStringLower(hash));
            if (!SHA256.HashData(content).AsSpan().SequenceEqual(hash))
            {
                scope.Report.Add(new CheckFinding(
                    CheckKind.Control, path, $"control version {Convert.ToHexStringLower(hash)} is not what it was",
                    Advice));
            }
        }
        return versions;
    }

    private static IEnumerable<string> Texts(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return rows.GetString(0);
        }
    }
}
