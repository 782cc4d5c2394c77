using System.Globalization;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;

namespace Millrace.Bench;

/// <summary>A data directory as a server leaves it after a day without compaction: a commit a minute, 15,000 tenants of
/// which the n-th has a share of 1/n, two events of a hundred late by up to seven days.</summary>
internal sealed class CareDay(string path, long rows)
{
    public const int Tenants = 15_000;

    private const int Minutes = 24 * 60;
    private const long MicrosPerMinute = 60_000_000;
    private const int CommitsPerMerge = 10;

    public static readonly DateTimeOffset Day = new(2026, 3, 10, 0, 0, 0, TimeSpan.Zero);

    private static readonly long FirstMinute = (long)(Day - DateTimeOffset.UnixEpoch).TotalMinutes;

    private readonly LakeRows _events = new(LakeTable.Events);
    private readonly PosixDisk _disk = new();
    private readonly Random _random = new(1);

    public async Task WriteAsync()
    {
        var directory = DataDirectory.Open(path, _disk);
        using var catalog = await SqliteCatalog.OpenAsync(directory.In("catalog.db"), default);
        var tables = LakeTables.Open(
            catalog, new LocalStore(_disk, directory.In("lake")), new Author(TimeProvider.System, _random, "bench"));
        await tables.CreateMissingAsync(default);
        var scratch = new ScratchFolder(_disk, Directory.CreateDirectory(directory.In("tmp/bench")).FullName);
        using var database = Database.Open(null, new Dictionary<string, string> { ["threads"] = "2" });
        using var connection = database.Connect();
        connection.Execute($"SET TimeZone = 'UTC'; {EventRows.Macros}");
        using var zstd = new Zstd(LakeRole.CompressionLevel);
        var writer = new DataFileWriter(new ParquetWriter(_disk, zstd), tables.Store.Objects, scratch, _random);
        var transaction = new Transaction(catalog, tables.Store);
        for (var minute = 0; minute < Minutes; minute++)
        {
            Fill(connection, minute);
            var name = string.Create(CultureInfo.InvariantCulture, $"{directory.NodeText}-{minute}-{minute + 1}");
            var target = new FilesToWrite(tables.Location(LakeTable.Events), name, (FirstMinute + minute) / 60);
            var change = new TableChange(LakeTable.Events.TableName)
                .Append(await writer.WriteAsync(_events, target, [], default))
                .SetSummary(
                    Positions.KeyPrefix + directory.NodeText, (minute + 1).ToString(CultureInfo.InvariantCulture));
            await transaction.CommitAsync(new TransactionRequest([change]), default);
            if ((minute + 1) % CommitsPerMerge == 0)
            {
                var care = new TableChange(LakeTable.Events.TableName).MergeManifests();
                await transaction.CommitAsync(new TransactionRequest([care]), default);
            }
        }
        Directory.Delete(directory.In("tmp/bench"));
    }

    private void Fill(Connection connection, int minute)
    {
        _events.Clear();
        var mix = new EventMix(minute, (rows * (minute + 1) / Minutes) - (rows * minute / Minutes))
        {
            From = (FirstMinute + minute) * MicrosPerMinute,
            Milliseconds = MicrosPerMinute / 1000,
            Tenant = string.Create(CultureInfo.InvariantCulture, $"floor(pow({Tenants + 1}, x)) - 1"),
            Users = 1000,
            LateBy = "(CASE WHEN r % 50 = 0 THEN (s >> 8) % 604800000000 ELSE 0 END)",
        };
        using var statement = connection.Prepare(EventRows.Select(mix));
        using var result = statement.Stream();
        RowLoader.Load(result, _events);
    }
}
