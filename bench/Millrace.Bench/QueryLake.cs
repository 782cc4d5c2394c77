using System.Globalization;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;

namespace Millrace.Bench;

/// <summary>A data directory as a server leaves it after two months: one file of <c>events</c> an hour, written and
/// committed by the code of the lake.</summary>
internal sealed class QueryLake(string path, long rows)
{
    public const int Days = 62;
    private const int HoursPerCommit = 6;
    private const string Node = "00c0ffee00c0ffee";

    /// <summary>As the lake's care does it: every ten commits, if there are a hundred small ones.</summary>
    private const int CommitsPerMerge = 10;

    private const int Hours = Days * 24;

    /// <summary>All of January, all of February, the first days of March.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly long FirstHour = (long)(Start - DateTimeOffset.UnixEpoch).TotalHours;

    private readonly LakeRows _events = new(LakeTable.Events);
    private readonly PosixDisk _disk = new();
    private readonly Random _random = new(1);

    public async Task WriteAsync()
    {
        var directory = DataDirectory.Open(path, _disk);
        using var catalog = await SqliteCatalog.OpenAsync(directory.In("catalog.db"), default);
        var author = new Author(TimeProvider.System, _random, "bench");
        var tables = LakeTables.Open(catalog, new LocalStore(_disk, directory.In("lake")), author);
        await tables.CreateMissingAsync(default);
        var scratch = new ScratchFolder(_disk, Directory.CreateDirectory(directory.In("tmp/bench")).FullName);
        using var database = Database.Open(null, new Dictionary<string, string> { ["threads"] = "2" });
        using var connection = database.Connect();
        connection.Execute($"SET TimeZone = 'UTC'; {EventRows.Macros}");
        using var zstd = new Zstd(LakeRole.CompressionLevel);
        var writer = new DataFileWriter(new ParquetWriter(_disk, zstd), tables.Store.Objects, scratch, _random);
        var transaction = new Transaction(catalog, tables.Store);
        var files = new List<DataFile>();
        for (var hour = 0; hour < Hours; hour++)
        {
            files.AddRange(await WriteHourAsync(connection, writer, tables.Location(LakeTable.Events), hour));
            if ((hour + 1) % HoursPerCommit == 0)
            {
                var commit = (hour + 1) / HoursPerCommit;
                var change = new TableChange(LakeTable.Events.TableName).Append(files).SetSummary(
                    Positions.KeyPrefix + directory.NodeText, commit.ToString(CultureInfo.InvariantCulture));
                await transaction.CommitAsync(new TransactionRequest([change]), default);
                files.Clear();
                if (commit % CommitsPerMerge == 0)
                {
                    var merge = new TableChange(LakeTable.Events.TableName).MergeManifests();
                    await transaction.CommitAsync(new TransactionRequest([merge]), default);
                }
            }
        }
        Directory.Delete(directory.In("tmp/bench"));
    }

    private async Task<IReadOnlyList<DataFile>> WriteHourAsync(
        Connection connection, DataFileWriter writer, string location, int hour)
    {
        var (first, end) = (rows * hour / Hours, rows * (hour + 1) / Hours);
        _events.Clear();
        using (var statement = connection.Prepare(EventRows.Select(FirstHour + hour, end - first)))
        using (var result = statement.Stream())
        {
            RowLoader.Load(result, _events);
        }
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{Node}-{first}-{end}");
        return await writer.WriteAsync(_events, new FilesToWrite(location, prefix, FirstHour + hour), [], default);
    }
}
