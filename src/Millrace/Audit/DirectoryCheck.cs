using System.Globalization;
using Millrace.Control;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Audit;

/// <summary>Checks a data directory beside a running server or without one: nothing is written, no lock is
/// taken.</summary>
internal static class DirectoryCheck
{
    private const string CatalogAdvice = "Restore catalog.db, together with 'lake' and 'ids', from a backup of the "
        + "data directory; the lake stands still and the log keeps events meanwhile.";

    /// <param name="scope">What to check.</param>
    /// <param name="settingsFile">Null: there is none.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="OperatorException">There is no data directory, or a newer Millrace wrote it.</exception>
    public static async Task<CheckReport> RunAsync(CheckScope scope, string? settingsFile, CancellationToken ct)
    {
        CheckLayout(scope);
        CheckSettings(scope, settingsFile);
        var versions = ControlCheck.Run(scope);
        // Before the lake is read: what a running server lets go of until then is in it.
        var first = LogCheck.First(scope);
        var position = await CheckLakeAsync(scope, ct);
        new LogCheck(scope, position, versions).Run(first);
        return scope.Report;
    }

    private static void CheckLayout(CheckScope scope)
    {
        if (!scope.Has("format"))
        {
            throw new OperatorException(
                OperatorException.BadUsage, $"'{scope.Data}' is no data directory: give --data DIR.");
        }
        if (DataDirectory.FormatFault(scope.Data) is { } fault)
        {
            throw new OperatorException(OperatorException.BadUsage, fault);
        }
        if (Node(scope) is null)
        {
            scope.Report.Add(new CheckFinding(
                CheckKind.Directory, scope.In("node"), "holds no node id of 16 hexadecimal digits",
                "Put it back: the id is the first part of the names in 'ids' and 'lake/events/data'."));
        }
    }

    private static void CheckSettings(CheckScope scope, string? file)
    {
        if (file is null)
        {
            return;
        }
        scope.Report.Count("config_files");
        try
        {
            SettingsFile.Read(file, Environment.GetEnvironmentVariable);
        }
        catch (OperatorException fault)
        {
            scope.Report.Add(new CheckFinding(
                CheckKind.Config, file, fault.Message, "Correct the file; docs/configuration.md lists every key."));
        }
    }

    /// <returns>Up to where the log is in the lake; null: it cannot be known.</returns>
    private static async Task<long?> CheckLakeAsync(CheckScope scope, CancellationToken ct)
    {
        var path = scope.In("catalog.db");
        if (!File.Exists(path))
        {
            if (Directory.Exists(scope.In("lake/events/data")))
            {
                Report(scope, "is missing although there is a lake");
                return null;
            }
            return 0;
        }
        using var catalog = SqliteCatalog.AtReadOnly(path);
        try
        {
            foreach (var problem in scope.IsDeep ? await catalog.ProblemsAsync(ct) : [])
            {
                Report(scope, problem);
            }
            return await CheckTablesAsync(scope, catalog, ct);
        }
        catch (Exception damage) when (damage is CatalogDamagedException or System.Data.Common.DbException)
        {
            Report(scope, damage.Message);
            return null;
        }
    }

    private static async Task<long?> CheckTablesAsync(CheckScope scope, ICatalog catalog, CancellationToken ct)
    {
        // Nothing is written, so neither ids nor the name of an author matter.
        var tables = LakeTables.Open(
            catalog, new LocalStore(scope.Disk, scope.In("lake")), new Author(scope.Time, new Random(0), "check"));
        if (await tables.FormerRootAsync(ct) is { } former)
        {
            throw LakeTables.Moved(scope.Data, former);
        }
        using var parquet = new ParquetScan();
        var check = new TableCheck(scope, tables, parquet);
        var loaded = new Dictionary<LakeTable, Table>();
        foreach (var table in LakeTable.All)
        {
            if (await check.RunAsync(table, ct) is { } sound)
            {
                scope.Report.Count("tables");
                scope.Report.Count("snapshots", sound.Metadata.Snapshots.Count);
                loaded[table] = sound;
            }
        }
        await new IdRunCheck(scope, catalog).RunAsync(ct);
        long PositionOf(string node) => loaded.GetValueOrDefault(LakeTable.Events) is { } events
            ? LakeTables.PositionOf(events.Metadata, node)?.Offset ?? 0 : 0;
        if (scope.IsDeep)
        {
            CheckHot(scope, parquet, PositionOf);
        }
        await CheckLedgerAsync(scope, parquet, (tables, loaded.GetValueOrDefault(LakeTable.Ledger)), ct);
        return Node(scope) is { } own && loaded.ContainsKey(LakeTable.Events) ? PositionOf(own) : null;
    }

    private static void CheckHot(CheckScope scope, ParquetScan parquet, Func<string, long> positionOf)
    {
        foreach (var table in LakeTable.All)
        {
            foreach (var segment in HotSegments.List(scope.In("hot"), table, positionOf))
            {
                try
                {
                    scope.Report.Count("hot_segments");
                    parquet.Count(table, segment.Path);
                }
                catch (DuckDbException damage) when (File.Exists(segment.Path))
                {
                    scope.Report.Add(new CheckFinding(
                        CheckKind.Hot, segment.Path, damage.Message,
                        "Nothing is lost: its rows come again from the log at the next commit or start of the lake."));
                }
                catch (DuckDbException)
                {
                    // Committed and removed meanwhile.
                }
            }
        }
    }

    private static async Task CheckLedgerAsync(
        CheckScope scope, ParquetScan parquet, (LakeTables Tables, Table? Table) ledger, CancellationToken ct)
    {
        var folder = scope.In("lake/ledger/");
        var isReadable = scope.Report.Findings.All(
            finding => !finding.File.StartsWith(folder, StringComparison.Ordinal));
        if (ledger.Table is not { } table || !isReadable)
        {
            return;
        }
        var files = await new Planner(ledger.Tables.Store).PlanAsync(table, Predicate.All, ct);
        List<string> paths = [.. files.Select(file => ledger.Tables.Store.Objects.LocalPath(file.Path))];
        try
        {
            foreach (var residue in paths.Count == 0 ? [] : parquet.Residues(paths))
            {
                scope.Report.Add(new CheckFinding(
                    CheckKind.Ledger, table.Location, $"does not close: {residue} events received and nowhere",
                    "This is a fault of Millrace: report it, with the output of 'millrace check --deep --json'."));
            }
        }
        catch (DuckDbException damage)
        {
            scope.Report.Add(new CheckFinding(
                CheckKind.DataFile, table.Location, damage.Message, "Run 'millrace check --deep': it names the file."));
        }
    }

    private static string? Node(CheckScope scope)
    {
        var text = scope.Has("node") ? File.ReadAllText(scope.In("node")).Trim() : "";
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var node)
            ? node.ToString("x16", CultureInfo.InvariantCulture) : null;
    }

    private static void Report(CheckScope scope, string problem) => scope.Report.Add(
        new CheckFinding(CheckKind.Catalog, scope.In("catalog.db"), problem, CatalogAdvice));
}
