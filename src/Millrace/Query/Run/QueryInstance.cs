using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>What every instance is opened with.</summary>
/// <param name="Directories">Where the files of the lake are.</param>
internal sealed record QueryInstanceParts(
    QueryOptions Options, IReadOnlyList<string> Directories, EmptyTables Empty);

/// <summary>A DuckDB instance that may open the files of the lake and those in a scratch directory of its own, and
/// nothing else. One query at a time has it.</summary>
/// <remarks>Opening and closing one takes more CPU than the answer to a question about an hour, so it is used again:
/// docs/decisions/013-query-instances-are-used-again.md.</remarks>
internal sealed class QueryInstance : IDisposable
{
    private readonly QueryInstanceParts _parts;
    private readonly string _scratch;
    private readonly Database? _database;

    /// <param name="scratch">A directory that is made here, and gone when this is disposed.</param>
    /// <exception cref="DuckDbException">DuckDB cannot open one.</exception>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    public QueryInstance(QueryInstanceParts parts, string scratch)
    {
        (_parts, _scratch) = (parts, scratch);
        Directory.CreateDirectory(scratch);
        try
        {
            _database = Database.Open(null, Settings(parts.Options, scratch));
            using (var connection = _database.Connect())
            {
                MakeTables(connection);
                // DuckDB itself allows the scratch directory. The order matters: a locked instance takes no setting.
                connection.Execute(
                    "SET GLOBAL TimeZone = 'UTC'; "
                    + $"SET allowed_directories = {Sql.List(parts.Directories.Append(parts.Empty.Directory))}; "
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

    /// <summary>When the query that has it took it.</summary>
    public long TakenAt { get; set; }

    /// <summary>Where a query into Parquet leaves its rows.</summary>
    public string ParquetPath => Path.Combine(_scratch, "rows.parquet");

    /// <summary>The session for the next query.</summary>
    public Connection Connection { get; private set; }

    /// <summary>Fills a table for this session.</summary>
    /// <param name="plan">With what.</param>
    /// <param name="tenant">Only its rows; empty: all.</param>
    public void Show(TablePlan plan, string tenant)
    {
        IReadOnlyList<string> files = [.. plan.Files];
        Connection.Execute(ViewSql.Show(
            plan.Table, files.Count > 0 ? files : [_parts.Empty.PathOf(plan.Table)], tenant));
        if (plan.IsEvolved && files.Count > 0)
        {
            Connection.Execute(ViewSql.CreateEvolved(plan));
        }
    }

    /// <summary>Ends the session and begins another, in which nothing of it is seen.</summary>
    /// <exception cref="IOException">What the last query left cannot be removed.</exception>
    /// <exception cref="DuckDbException">DuckDB gives no other session.</exception>
    public void Renew()
    {
        Connection.Dispose();
        Connection = _database!.Connect();
        File.Delete(ParquetPath);
    }

    public void Dispose()
    {
        Connection.Dispose();
        Close();
    }

    private void Close()
    {
        _database?.Dispose();
        try
        {
            Directory.Delete(_scratch, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What a failing disk keeps goes at the next start; why the query failed matters more.
        }
    }

    private void MakeTables(Connection connection)
    {
        _parts.Empty.Make(connection);
        connection.Execute($"CREATE SCHEMA {LakeTable.Namespace}");
        foreach (var table in LakeTable.All)
        {
            // DuckDB binds a view when it is made, for its columns.
            connection.Execute(ViewSql.Show(table, [_parts.Empty.PathOf(table)], tenant: ""));
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
