using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>A DuckDB instance for one query, with a scratch directory of its own; both are gone afterwards.</summary>
/// <remarks>
/// After <see cref="Begin"/> it may be asked for constants, inside the transaction in which the query will run; then
/// <see cref="Seal"/> gives it the query's files and nothing else. Opening one takes 12 ms of CPU.
/// </remarks>
internal sealed class QueryInstance : IDisposable
{
    private const string ParquetName = "rows.parquet";

    /// <summary>An hour of 5 MB took 8 ms of CPU with one thread and 12 with two, and no longer.</summary>
    private const long BytesPerThread = 8 << 20;

    /// <summary>Some 150 KB each in memory, by computation: nothing for a few files, too much for a thousand.</summary>
    private const int FootersKeptMax = 32;

    private readonly int _threadsMax;
    private readonly string _scratch;
    private readonly Action _gone;
    private readonly Database _database;

    /// <param name="scratch">A directory that is there from <see cref="Begin"/> on.</param>
    /// <param name="gone">Called once it is disposed.</param>
    public QueryInstance(QueryOptions options, string scratch, Action gone)
    {
        (_threadsMax, _scratch, _gone) = (options.Threads, scratch, gone);
        _database = Database.Open(null, Settings(options, scratch));
        Connection = _database.Connect();
        // A view is bound when it is made and when it is used: the footer of its first file is read once for both.
        Connection.Execute(
            $"SET TimeZone = 'UTC'; SET parquet_metadata_cache = true; CREATE SCHEMA {LakeTable.Namespace}");
    }

    public Connection Connection { get; }

    /// <summary>Where a query into Parquet leaves its rows.</summary>
    public string ParquetPath => Path.Combine(_scratch, ParquetName);

    /// <summary>From here on <c>now()</c> stands still.</summary>
    public void Begin()
    {
        Directory.CreateDirectory(_scratch);
        Connection.Execute("BEGIN TRANSACTION");
    }

    /// <summary>Makes the tables, and closes every other way out. Cannot be undone.</summary>
    /// <param name="plans">What it may read.</param>
    /// <param name="bytes">Of all files: where there is little to read, a second thread costs more than it gains. 0:
    /// there is no file, so nothing is known of the work.</param>
    /// <param name="tenant">Only its rows; empty: all.</param>
    public void Seal(IReadOnlyList<TablePlan> plans, long bytes, string tenant)
    {
        var threads = bytes == 0 ? _threadsMax : (int)Math.Min(_threadsMax, 1 + (bytes / BytesPerThread));
        if (threads > 1)
        {
            Connection.Execute(string.Create(CultureInfo.InvariantCulture, $"SET threads = {threads}"));
        }
        if (plans.Sum(plan => plan.Files.Count()) > FootersKeptMax)
        {
            Connection.Execute("SET parquet_metadata_cache = false");
        }
        // The scratch directory is allowed by DuckDB itself. The order matters: a locked instance takes no setting.
        Connection.Execute($"SET allowed_paths = {Sql.List(plans.SelectMany(plan => plan.Files))}");
        Connection.Execute("SET enable_external_access = false; SET lock_configuration = true");
        foreach (var plan in plans)
        {
            Connection.Execute(ViewSql.Create(plan, tenant));
            if (plan.IsQualified)
            {
                Connection.Execute(ViewSql.CreateQualified(plan));
            }
        }
    }

    /// <summary>The statement with its values, ready to run.</summary>
    public Statement Prepare(CheckedQuery query, QueryRequest request)
    {
        var statement = Connection.Prepare(request.IsIntoParquet ? IntoParquet(query) : query.Text);
        try
        {
            for (var i = 0; i < request.Parameters.Count; i++)
            {
                _ = request.Parameters[i] switch
                {
                    null => statement.BindNull(i + 1),
                    long number => statement.Bind(i + 1, number),
                    double number => statement.Bind(i + 1, number),
                    bool flag => statement.Bind(i + 1, flag),
                    var text => statement.Bind(i + 1, (string)text),
                };
            }
            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Connection.Dispose();
        _database.Dispose();
        try
        {
            if (Directory.Exists(_scratch))
            {
                Directory.Delete(_scratch, recursive: true);
            }
        }
        catch (IOException)
        {
            // What a failing disk keeps goes at the next start; why the query failed matters more.
        }
        finally
        {
            _gone();
        }
    }

    /// <summary>The statement comes back from its tree, so that no comment or semicolon of it can end the
    /// COPY.</summary>
    private string IntoParquet(CheckedQuery query)
    {
        using var text = Connection.Prepare("SELECT json_deserialize_sql(CAST(? AS JSON))");
        var tree = $$"""{"error":false,"statements":[{{query.Statement.GetRawText()}}]}""";
        using var result = text.Bind(1, tree).Execute();
        return $"COPY ({result.Rows().Single()[0]}) TO {Sql.Text(ParquetPath)} (FORMAT parquet, COMPRESSION zstd)";
    }

    private static Dictionary<string, string> Settings(QueryOptions options, string scratch) => new(Sandbox.Open)
    {
        ["threads"] = "1",
        ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{options.MemoryBytesMax}B"),
        ["temp_directory"] = scratch,
        ["max_temp_directory_size"] = string.Create(CultureInfo.InvariantCulture, $"{options.ScratchBytesMax}B"),
        // It would copy what is read, for later queries of this instance, of which there are none.
        ["enable_external_file_cache"] = "false",
    };
}
