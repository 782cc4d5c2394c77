using Millrace.Iceberg;
using Millrace.Log;
using Millrace.Query;

namespace Millrace.Cli;

/// <summary>Statements run here, over a data directory; a server may run on it at the same time.</summary>
/// <remarks>Scratch files are in the system's temporary directory: those under DIR belong to the server.</remarks>
internal sealed class SqlDirectory : ISqlSource
{
    private readonly SqliteCatalog _catalog;
    private readonly QueryRunner _runner;
    private readonly DirectoryInfo _scratch;
    private readonly TimeProvider _clock;

    private SqlDirectory(SqliteCatalog catalog, string directory, TimeProvider clock)
    {
        (_catalog, _clock) = (catalog, clock);
        _scratch = Directory.CreateTempSubdirectory("millrace-sql-");
        // Nothing is written, so neither the ids nor the name of an author matter.
        var store = new TableStore(
            new LocalStore(new PosixDisk(), Path.Combine(directory, "lake")), new Author(clock, new Random(0), "sql"));
        _runner = new QueryRunner(
            new LakeReader(catalog, store, directory),
            new QueryOptions { Timeout = new QueryOptions().TimeoutMax, ReadyMax = 0 }, _scratch.FullName, clock);
    }

    /// <exception cref="CliError">There is no data directory, or nothing has been stored in it yet.</exception>
    public static async Task<SqlDirectory> OpenAsync(string directory, TimeProvider clock, CancellationToken ct)
    {
        var path = Path.GetFullPath(directory);
        var catalog = Path.Combine(path, "catalog.db");
        return File.Exists(catalog)
            ? new SqlDirectory(await SqliteCatalog.OpenAsync(catalog, ct), path, clock)
            : throw new CliError(
                $"There is no lake in '{path}': name a data directory with --data, or a server with --to.");
    }

    public async Task RunAsync(string sql, SqlFormat format, Stream output, CancellationToken ct)
    {
        try
        {
            var started = _clock.GetTimestamp();
            var request = new QueryRequest(sql, []) { IsIntoParquet = format == SqlFormat.Parquet };
            using var query = await _runner.StartAsync(request, ct);
            if (format == SqlFormat.Parquet)
            {
                await using var file = File.OpenRead(query.ParquetPath);
                await file.CopyToAsync(output, ct);
                return;
            }
            IRowFormat rows = format == SqlFormat.Csv
                ? new CsvRows(areFormulasGuarded: false) : new JsonRows(_runner.Options.JsonRowsMax);
            using var disposable = rows as IDisposable;
            await RowStream.CopyAsync(query, rows, output, () => _clock.GetElapsedTime(started), ct);
        }
        catch (QueryRefusedException refused)
        {
            throw new CliError($"{refused.Refusal.Detail} ({refused.Refusal.Code})");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        _catalog.Dispose();
        _scratch.Delete(recursive: true);
    }
}
