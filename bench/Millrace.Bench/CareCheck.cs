using System.Diagnostics;
using System.Globalization;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;

namespace Millrace.Bench;

/// <summary>Looks at the files of a <see cref="CareDay"/>: how many there are, what a question must read, and that no row
/// is missing or doubled.</summary>
internal sealed class CareCheck(string path)
{
    private const int Rounds = 9;

    /// <summary>Has about a ten-thousandth of a ninth of all events.</summary>
    private const int SmallTenant = 9_999;

    private static readonly CompactionOptions Options = new();

    /// <summary>Prints what it finds.</summary>
    /// <param name="rows">That there must be of the day.</param>
    /// <param name="isCompacted">Whether the budget of files must hold.</param>
    /// <returns>False: a bound is broken.</returns>
    public async Task<bool> RunAsync(TextWriter output, long rows, bool isCompacted)
    {
        var directory = DataDirectory.Open(path, new PosixDisk());
        using var catalog = await SqliteCatalog.OpenAsync(directory.In("catalog.db"), default);
        var store = new TableStore(
            new LocalStore(new PosixDisk(), directory.In("lake")), new Author(TimeProvider.System, new Random(1), "bench"));
        var table = await Table.LoadAsync(catalog, LakeTable.Events.TableName, store.Objects, default)
            ?? throw new InvalidOperationException("There is no table.");
        var files = (await new Planner(store).PlanAsync(table, Before(CareDay.Day.AddDays(1)), default)).ToList();
        var planned = await PlanAsync(store, table);
        var share = BytesOfTenant(files, store);
        var found = Rows(files, store);
        var budget = Budget(files);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"- {files.Count} files of the day and the week before, {files.Sum(file => file.SizeBytes) >> 20} MiB; "
            + $"planning one tenant's day takes {planned:0.0} ms; it reads {100 * share:0.00} % of the day's bytes; "
            + $"{found.All} rows, {found.All - found.Distinct} doubled"));
        output.WriteLine($"- {budget.Text}");
        return found == (rows, rows) && planned <= 20 && (!isCompacted || (share <= 0.05 && budget.IsKept));
    }

    private static Predicate Before(DateTimeOffset time) => new(
    [
        new Condition(
            LakeTable.Events.Schema.Find("event_time")!.Id, Comparison.Less,
            Bounds.Long((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)),
    ]);

    /// <summary>The median time of planning when manifests are known, as in a server.</summary>
    private static async Task<double> PlanAsync(TableStore store, Table table)
    {
        var planner = new Planner(store);
        var question = new Predicate(
        [
            .. Before(CareDay.Day.AddDays(1)).Conditions,
            new Condition(LakeTable.Events.Schema.Find("event_time")!.Id, Comparison.GreaterOrEqual,
                Bounds.Long((CareDay.Day - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)),
            new Condition(LakeTable.Events.Schema.Find("tenant")!.Id, Comparison.Equal,
                Bounds.String(EventRows.TenantName(SmallTenant))),
        ]);
        var times = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            await planner.PlanAsync(table, question, default);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        return times.Skip(1).Order().ElementAt(Rounds / 2);
    }

    /// <summary>The share of the bytes in row groups that may hold a small tenant's rows.</summary>
    private static double BytesOfTenant(List<DataFile> files, TableStore store)
    {
        using var database = Database.Open(null);
        using var connection = database.Connect();
        var ofDay = files.Where(file => Bounds.Decode(FieldType.Date, file.Partition[0]) is int day
            && day == (CareDay.Day - DateTimeOffset.UnixEpoch).Days).Select(file => store.Objects.LocalPath(file.Path));
        var tenant = Sql.Text(EventRows.TenantName(SmallTenant));
        using var result = connection.Query($"""
            WITH chunks AS (SELECT file_name, row_group_id, path_in_schema, stats_min_value, stats_max_value,
                    total_compressed_size AS bytes FROM parquet_metadata({Sql.List(ofDay)})),
                groups AS (SELECT file_name, row_group_id FROM chunks WHERE path_in_schema = 'tenant'
                    AND stats_min_value <= {tenant} AND stats_max_value >= {tenant})
            SELECT coalesce(sum(bytes) FILTER ((file_name, row_group_id) IN (FROM groups)), 0) / sum(bytes) FROM chunks
            """);
        return Convert.ToDouble(result.Rows().Single()[0], CultureInfo.InvariantCulture);
    }

    private static (long All, long Distinct) Rows(List<DataFile> files, TableStore store)
    {
        using var database = Database.Open(null);
        using var connection = database.Connect();
        using var result = connection.Query($"""
            SELECT count(*), count(DISTINCT log_offset * 100 + batch_index)
            FROM read_parquet({Sql.List(files.Select(file => store.Objects.LocalPath(file.Path)))}, hive_partitioning = false)
            """);
        var row = result.Rows().Single();
        return ((long)row[0]!, (long)row[1]!);
    }

    private static (string Text, bool IsKept) Budget(List<DataFile> files)
    {
        var plan = new CompactionPlan(LakeTable.Events, Options);
        var slots = files.GroupBy(plan.SlotOf).Select(slot => (
            slot.Key, Shared: slot.Count(file => slot.Key.Hour is null || !plan.IsOwn(file)), Own: slot.Count(plan.IsOwn))).ToList();
        var hours = slots.Where(slot => slot.Key.Hour is not null).ToList();
        var days = slots.Where(slot => slot.Key.Hour is null).ToList();
        var (shared, own, late) = (
            hours.Max(hour => hour.Shared), hours.Max(hour => hour.Own), days.Select(day => day.Shared).DefaultIfEmpty().Max());
        var small = files.Where(plan.IsOwn).Count(file => file.SizeBytes < Options.OwnFileBytes);
        return (string.Create(CultureInfo.InvariantCulture,
            $"{hours.Count} hours of at most {shared} shared files and {own} of one tenant ({small} of these below "
            + $"{Options.OwnFileBytes >> 20} MiB); {days.Count} days with at most {late} files of late rows"),
            shared <= Options.SharedFilesMax && late <= 1 && small == 0);
    }
}
