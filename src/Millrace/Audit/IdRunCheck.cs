using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Refine;

namespace Millrace.Audit;

/// <summary>Checks the id runs that the catalog names: there, of this catalog's key, sound; deeply, every
/// page.</summary>
internal sealed class IdRunCheck(CheckScope scope, ICatalog catalog)
{
    private const string Advice = "Start the role lake: it sets the file aside and makes the run again from the rows "
        + "of its range. If it cannot, restore 'ids' from a backup.";

    public async Task RunAsync(CancellationToken ct)
    {
        var sides = (await catalog.SnapshotAsync([], [IdRunFiles.SideTable, IdRunFiles.KeyTable], ct)).Sides;
        var rows = sides[IdRunFiles.SideTable];
        if (rows.Count == 0)
        {
            return;
        }
        var key = IdRunFiles.ReadKey(sides[IdRunFiles.KeyTable]);
        if (key is null)
        {
            scope.Report.Add(new CheckFinding(
                CheckKind.Catalog, scope.In("catalog.db"), "the key of ids is gone although there are id runs",
                "Restore catalog.db, 'lake' and 'ids' from one backup."));
            return;
        }
        var faults = rows.Select(row => (Name: row.Key, Fault: Fault(row.Key, row.Value, new IdHash(key).KeyCheck)))
            .Where(run => run.Fault is not null).ToList();
        // A running server merges runs: those it took away meanwhile are none of the catalog's any more.
        var now = faults.Count == 0 ? rows : await catalog.ReadSideAsync(IdRunFiles.SideTable, ct);
        foreach (var (name, fault) in faults.Where(run => now.ContainsKey(run.Name)))
        {
            scope.Report.Add(new CheckFinding(CheckKind.IdRun, Path.Combine(scope.In("ids"), name), fault!, Advice));
        }
    }

    private string? Fault(string name, string row, ulong keyCheck)
    {
        try
        {
            using var run = IdRun.Open(Path.Combine(scope.In("ids"), name), keyCheck, new IdFilterBudget(0));
            if (IdRunRow.Read(name, row) is { } known && (run.Range != known.Range || run.Count != known.Count))
            {
                return "it holds another range or number of ids than the catalog says";
            }
            if (scope.IsDeep)
            {
                run.CheckEntries();
            }
            scope.Report.Count("id_runs");
            scope.Report.Count("ids", run.Count);
            return null;
        }
        catch (Exception damage) when (damage is IdRunException or IOException)
        {
            return damage.Message;
        }
    }
}
