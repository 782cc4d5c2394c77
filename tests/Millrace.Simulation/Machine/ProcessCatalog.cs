using Millrace.Iceberg;
using Millrace.Tests.Iceberg;

namespace Millrace.Simulation.Machine;

/// <summary>A catalog in memory as one life of the process sees it: reads fail, and a transaction commits, conflicts,
/// fails, or ends unknown, with effect at once, later or never.</summary>
internal sealed class ProcessCatalog(MemoryCatalog catalog, Life life, Totals totals) : ICatalog
{
    /// <summary>How its steps are called.</summary>
    public const string Operation = "catalog";

    private CatalogCommit? _late;
    private int _lateIn;

    /// <summary>Of 100 calls so many go wrong.</summary>
    public int TroublePercent { get; set; }

    /// <summary>Decides what goes wrong.</summary>
    public required Random Random { get; init; }

    public async Task<string?> LoadAsync(TableName table, CancellationToken ct)
    {
        await ReadAsync();
        return await catalog.LoadAsync(table, ct);
    }

    public async Task<IReadOnlyList<TableName>> ListAsync(CancellationToken ct)
    {
        await ReadAsync();
        return await catalog.ListAsync(ct);
    }

    public async Task<CatalogSnapshot> SnapshotAsync(
        IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables, CancellationToken ct)
    {
        await ReadAsync();
        return await catalog.SnapshotAsync(tables, sideTables, ct);
    }

    public async Task<IReadOnlyDictionary<string, string>> ReadSideAsync(string table, CancellationToken ct)
    {
        await ReadAsync();
        return await catalog.ReadSideAsync(table, ct);
    }

    public async Task<CommitOutcome> CommitAsync(CatalogCommit commit, CancellationToken ct)
    {
        life.Step(Operation, "commit");
        await ComeLateAsync();
        switch (IsTrouble() ? Random.Next(4) : -1)
        {
            case 0:
                totals.CatalogFailed++;
                throw new IOException("The catalog failed before the transaction.");
            case 1:
                return await EndUnknownAsync(commit, isEffective: true);
            case 2:
                return await EndUnknownAsync(commit, isEffective: false);
            case 3:
                (_late, _lateIn) = (commit, Random.Next(1, 8));
                return await EndUnknownAsync(commit, isEffective: false);
            default:
                var outcome = await catalog.CommitAsync(commit, ct);
                totals.CatalogCommitted += outcome == CommitOutcome.Committed ? 1 : 0;
                totals.CatalogConflicts += outcome == CommitOutcome.Conflict ? 1 : 0;
                life.Step(Operation, $"tells {outcome}");
                return outcome;
        }
    }

    /// <summary>The process is over: what was still under way in the catalog happens now or never.</summary>
    public async Task SettleAsync()
    {
        _lateIn = Random.Next(2);
        await ComeLateAsync();
        _late = null;
    }

    private async Task<CommitOutcome> EndUnknownAsync(CatalogCommit commit, bool isEffective)
    {
        totals.CatalogUnknown++;
        if (isEffective)
        {
            await catalog.CommitAsync(commit, CancellationToken.None);
        }
        life.Step(Operation, isEffective ? "unknown, committed" : "unknown, not committed");
        throw new CommitUnknownException("The catalog went away.", new IOException());
    }

    private async Task ReadAsync()
    {
        life.Step(Operation, "read");
        await ComeLateAsync();
        if (IsTrouble())
        {
            totals.CatalogReadsFailed++;
            throw new IOException("The catalog cannot be read.");
        }
    }

    private async Task ComeLateAsync()
    {
        if (_late is { } commit && --_lateIn <= 0)
        {
            _late = null;
            await catalog.CommitAsync(commit, CancellationToken.None);
        }
    }

    private bool IsTrouble() => Random.Next(100) < TroublePercent;
}
