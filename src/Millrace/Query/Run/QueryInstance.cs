using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>A DuckDB instance that may open the files of the lake and those in a scratch directory of its own, and
/// nothing else. One query at a time has it.</summary>
/// <remarks>Opening and closing one takes more CPU than the answer to a question about an hour, so it is used again:
/// docs/decisions/013-query-instances-are-used-again.md.</remarks>
internal sealed class QueryInstance : IDisposable
{
    private readonly string _scratch;
    private readonly Database _database;

    /// <param name="directories">Where the files of the lake are.</param>
    /// <param name="scratch">A directory that is made here, and gone when this is disposed.</param>
    public QueryInstance(QueryOptions options, IEnumerable<string> directories, string scratch)
    {
        _scratch = scratch;
        Directory.CreateDirectory(scratch);
        _database = Database.Open(null, Settings(options, scratch));
        try
        {
            using (var connection = _database.Connect())
            {
                MakeTables(connection);
                // DuckDB itself allows the scratch directory. The order matters: a locked instance takes no setting.
                connection.Execute(
                    $"SET GLOBAL TimeZone = 'UTC'; SET allowed_directories = {Sql.List(directories)}; "
                    + "SET enable_external_access = false; SET lock_configuration = true");
            }
            Connection = _database.Connect();
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Where a query into Parquet leaves its rows.</summary>
    public string ParquetPath => Path.Combine(_scratch, "rows.parquet");

    /// <summary>The session for the next query.</summary>
    public Connection Connection { get; private set; }

    /// <summary>The file that stands for a table in which there is none.</summary>
    public string EmptyPath(LakeTable table) => Path.Combine(_scratch, $"{table.Name}.parquet");

    /// <summary>Ends the session and begins another, in which nothing of it is seen.</summary>
    /// <exception cref="IOException">What the last query left cannot be removed.</exception>
    public void Renew()
    {
        Connection.Dispose();
        Connection = _database.Connect();
        File.Delete(ParquetPath);
    }

    public void Dispose()
    {
        Connection.Dispose();
        Close();
    }

    private void Close()
    {
        _database.Dispose();
        try
        {
            Directory.Delete(_scratch, recursive: true);
        }
        catch (IOException)
        {
            // What a failing disk keeps goes at the next start; why the query failed matters more.
        }
    }

    private void MakeTables(Connection connection)
    {
        connection.Execute($"CREATE SCHEMA {LakeTable.Namespace}");
        foreach (var table in LakeTable.All)
        {
            var empty = EmptyPath(table);
            connection.Execute($"COPY ({ViewSql.Nothing(table)}) TO {Sql.Text(empty)} (FORMAT parquet)");
            connection.Execute(ViewSql.Show(table, [empty], tenant: ""));
            connection.Execute(ViewSql.Create(table));
        }
    }

    private static Dictionary<string, string> Settings(QueryOptions options, string scratch) => new(Sandbox.Open)
    {
        ["threads"] = options.Threads.ToString(CultureInfo.InvariantCulture),
        ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{options.MemoryBytesMax}B"),
        ["temp_directory"] = scratch,
        ["max_temp_directory_size"] = string.Create(CultureInfo.InvariantCulture, $"{options.ScratchBytesMax}B"),
        // It would keep what was read until the limit on memory, which is for the query.
        ["enable_external_file_cache"] = "false",
    };
}
