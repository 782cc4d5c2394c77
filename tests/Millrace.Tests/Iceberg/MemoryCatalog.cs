using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

/// <summary>A catalog in memory whose next commits can be told how to end.</summary>
internal sealed class MemoryCatalog : ICatalog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TableName, string> _tables = [];
    private readonly Dictionary<string, Dictionary<string, string>> _sides = [];

    /// <summary>How the next commits end, one each; then they simply succeed or conflict.</summary>
    internal Queue<Ending> Endings { get; } = new();

    /// <summary>Runs before each commit: what another writer does in that moment.</summary>
    internal Func<Task>? BeforeCommit { get; set; }

    /// <summary>Runs after a commit that ends unknown, before its caller hears of it.</summary>
    internal Func<Task>? AfterUnknown { get; set; }

    /// <summary>The next so many reads fail.</summary>
    internal int FailingReads { get; set; }

    internal int Commits { get; private set; }

    public Task<string?> LoadAsync(TableName table, CancellationToken ct)
    {
        lock (_lock)
        {
            return Task.FromResult(_tables.GetValueOrDefault(table));
        }
    }

    public Task<IReadOnlyList<TableName>> ListAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<TableName>>([.. _tables.Keys.OrderBy(name => name.ToString())]);
        }
    }

    public async Task<IReadOnlyDictionary<string, string>> ReadSideAsync(string table, CancellationToken ct) =>
        (await SnapshotAsync([], [table], ct)).Sides[table];

    public Task<CatalogSnapshot> SnapshotAsync(
        IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables, CancellationToken ct)
    {
        lock (_lock)
        {
            if (FailingReads > 0)
            {
                FailingReads--;
                throw new IOException("Told so.");
            }
            return Task.FromResult(new CatalogSnapshot(
                tables.Where(_tables.ContainsKey).ToDictionary(table => table, table => _tables[table]),
                sideTables.ToDictionary(side => side, IReadOnlyDictionary<string, string> (side) =>
                    new Dictionary<string, string>(_sides.GetValueOrDefault(side) ?? []))));
        }
    }

    public async Task<CommitOutcome> CommitAsync(CatalogCommit commit, CancellationToken ct)
    {
        if (BeforeCommit is { } other)
        {
            BeforeCommit = null;
            await other();
        }
        Ending ending = Endings.TryDequeue(out Ending told) ? told : Ending.AsItIs;
        bool isConflict = ending is Ending.Conflict
            || !TryApply(commit, isApplied: ending != Ending.UnknownWithoutEffect);
        if (ending is not (Ending.UnknownWithEffect or Ending.UnknownWithoutEffect))
        {
            return isConflict ? CommitOutcome.Conflict : CommitOutcome.Committed;
        }
        if (AfterUnknown is { } next)
        {
            AfterUnknown = null;
            await next();
        }
        throw new CommitUnknownException("Told so.", new IOException());
    }

    private bool TryApply(CatalogCommit commit, bool isApplied)
    {
        lock (_lock)
        {
            Commits++;
            bool fits = commit.Swaps.All(swap => _tables.GetValueOrDefault(swap.Table) == swap.Expected);
            if (fits && isApplied)
            {
                Apply(commit);
            }
            return fits;
        }
    }

    private void Apply(CatalogCommit commit)
    {
        foreach (TableSwap swap in commit.Swaps)
        {
            _tables[swap.Table] = swap.New;
        }
        foreach (SideRow row in commit.SideRows)
        {
            Dictionary<string, string> side = _sides.TryGetValue(row.Table, out Dictionary<string, string>? known)
                ? known : _sides[row.Table] = [];
            side.Remove(row.Key);
            if (row.Value is not null)
            {
                side[row.Key] = row.Value;
            }
        }
    }
}

/// <summary>How a commit ends.</summary>
internal enum Ending
{
    AsItIs, Conflict, UnknownWithEffect, UnknownWithoutEffect,
}
