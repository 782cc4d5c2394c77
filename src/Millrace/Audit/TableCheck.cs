using System.Globalization;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Audit;

/// <summary>Checks one table of the lake: metadata, lists and manifests against each other and the files; deeply, every
/// byte of the data files too.</summary>
internal sealed class TableCheck(CheckScope scope, LakeTables tables, ParquetScan parquet)
{
    private const int TriesMax = 3;

    private const string MetadataAdvice = "Restore the file from a backup of the data directory (files of a table are "
        + "written once and never change); the lake stands still and the log keeps events meanwhile.";

    private const string DataAdvice = "Restore the file from a backup of the data directory (it is written once and "
        + "never changes); queries that need it fail or are wrong until then.";

    /// <returns>The table; null if it cannot be read, or there is none.</returns>
    public async Task<Table?> RunAsync(LakeTable table, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (loaded, findings) = await FindAsync(table, ct);
            // A server may have committed, and taken away what only older snapshots needed: then another look tells.
            if (findings.Count > 0 && loaded is not null && attempt < TriesMax
                && await tables.Catalog.LoadAsync(table.TableName, ct) != loaded.MetadataLocation)
            {
                continue;
            }
            foreach (var finding in findings)
            {
                scope.Report.Add(finding);
            }
            return loaded;
        }
    }

    private async Task<(Table? Table, List<CheckFinding> Findings)> FindAsync(LakeTable table, CancellationToken ct)
    {
        var objects = tables.Store.Objects;
        try
        {
            if (await Table.LoadAsync(tables.Catalog, table.TableName, objects, ct) is not { } loaded)
            {
                await tables.RefuseIfUsedAsync(table, ct);
                return (null, []);
            }
            var findings = (await IntegrityCheck.RunAsync(loaded, objects, ct))
                .Select(finding => Of(finding.File, finding.Problem)).ToList();
            if (scope.IsDeep)
            {
                findings.AddRange(await ReadFilesAsync(table, loaded, findings, ct));
            }
            return (loaded, findings);
        }
        catch (IcebergFormatException damage)
        {
            return (null, [Of(damage.File, damage.Message)]);
        }
    }

    /// <summary>Reads the files of the current snapshot of which nothing is known yet.</summary>
    private async Task<List<CheckFinding>> ReadFilesAsync(
        LakeTable table, Table loaded, List<CheckFinding> known, CancellationToken ct)
    {
        var findings = new List<CheckFinding>();
        IReadOnlyList<DataFile> files;
        try
        {
            files = await new Planner(tables.Store).PlanAsync(loaded, Predicate.All, ct);
        }
        catch (IcebergFormatException)
        {
            // It is among what is known.
            return findings;
        }
        foreach (var file in files)
        {
            ct.ThrowIfCancellationRequested();
            var path = tables.Store.Objects.LocalPath(file.Path);
            if (known.TrueForAll(finding => finding.File != path) && Fault(table, file, path) is { } fault)
            {
                findings.Add(new CheckFinding(CheckKind.DataFile, path, fault, DataAdvice));
            }
        }
        return findings;
    }

    private string? Fault(LakeTable table, DataFile file, string path)
    {
        scope.Report.Count("data_files");
        scope.Report.Count("data_bytes", file.SizeBytes);
        try
        {
            if (!DataFileName.IsSound(path))
            {
                return "its checksum is wrong";
            }
            var (rows, values) = parquet.Count(table, path);
            scope.Report.Count("rows", rows);
            return rows != file.RecordCount
                ? string.Create(CultureInfo.InvariantCulture,
                    $"holds {rows} rows, its manifest says {file.RecordCount}")
                : table.Schema.Fields.Where(field => Differs(file, field.Id, values[field.Name]))
                    .Select(field => $"column '{field.Name}' has another number of values than its manifest says")
                    .FirstOrDefault();
        }
        catch (Exception failure) when (failure is IOException or DuckDbException)
        {
            return failure.Message;
        }
    }

    private static bool Differs(DataFile file, int column, long values) =>
        file.ValueCounts.TryGetValue(column, out var all) && file.NullCounts.TryGetValue(column, out var nulls)
        && all - nulls != values;

    private CheckFinding Of(string location, string problem)
    {
        var isData = LakeTable.All.Any(
            table => location.StartsWith($"{tables.Location(table)}/data/", StringComparison.Ordinal));
        var file = location;
        try
        {
            file = tables.Store.Objects.LocalPath(location);
        }
        catch (ArgumentException)
        {
            // A name that damage made is shown as it is.
        }
        return new CheckFinding(
            isData ? CheckKind.DataFile : CheckKind.Metadata, file, problem, isData ? DataAdvice : MetadataAdvice);
    }
}
