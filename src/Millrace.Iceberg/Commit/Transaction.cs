using System.Data.Common;

namespace Millrace.Iceberg;

/// <summary>Commits changes of several tables at once: all become true in one catalog transaction, or none.</summary>
/// <remarks>
/// Optimistic: files are written first, then the catalog swaps. A lost race derives everything anew from the winner's
/// state, with a pause that grows and jitters. An unknown outcome is resolved by reading the catalog; files of an
/// attempt are deleted only once it can no longer take effect. Thread safe.
/// </remarks>
public sealed class Transaction(ICatalog catalog, TableStore store)
{
    /// <summary>Attempts before a commit gives up; Iceberg's default is 4
    /// retries, ours survives a busier table.</summary>
    private const int AttemptsMax = 20;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(10);

    /// <summary>Commits.</summary>
    /// <returns>The changed tables as committed; unchanged ones are left out.</returns>
    /// <exception cref="StaleChangeException">The changes no longer fit the tables, or 20 races were lost.</exception>
    /// <exception cref="CommitUnknownException">The catalog failed inside the commit, and
    /// what happened after it did not tell the outcome.</exception>
    public async Task<IReadOnlyDictionary<TableName, Table>> CommitAsync(
        TransactionRequest request, CancellationToken ct)
    {
        if (request.Changes.DistinctBy(change => change.Table).Count() < request.Changes.Count)
        {
            throw new ArgumentException("Two changes of one table in a transaction: the second could never fit.");
        }
        var uncertain = new List<Attempt>();
        try
        {
            Attempt committed = await TryUntilDecidedAsync(request, uncertain, ct);
            return committed.Changes.ToDictionary(change => change.Swap.Table, change => change.Result);
        }
        catch (Exception problem) when (uncertain.Count > 0)
        {
            throw new CommitUnknownException("The catalog failed during a commit, then: " + problem.Message, problem);
        }
    }

    private async Task<Attempt> TryUntilDecidedAsync(
        TransactionRequest request, List<Attempt> uncertain, CancellationToken ct)
    {
        for (int number = 1; number <= AttemptsMax; number++)
        {
            if (await LoadAsync(request.Changes, uncertain, ct) is { } current)
            {
                if (await SettleAsync(uncertain, current) is { } landed)
                {
                    return landed;
                }
                Attempt attempt = await WriteAsync(request, current, ct);
                if (await TryAsync(attempt, request.SideRows, uncertain))
                {
                    await DeleteAllAsync(uncertain);
                    return attempt;
                }
            }
            await PauseAsync(number, ct);
        }
        throw new StaleChangeException($"Other writers won {AttemptsMax} times in a row.");
    }

    /// <summary>False if the race was lost or the outcome is unknown. There is no cancellation: once bytes are going to
    /// disk, the commit is finished.</summary>
    private async Task<bool> TryAsync(Attempt attempt, IReadOnlyList<SideRow> sideRows, List<Attempt> uncertain)
    {
        if (attempt.Changes.Count == 0 && sideRows.Count == 0)
        {
            return true;
        }
        bool mayDelete = true;
        try
        {
            var commit = new CatalogCommit([.. attempt.Changes.Select(change => change.Swap)], sideRows);
            bool isCommitted = await catalog.CommitAsync(commit, CancellationToken.None) == CommitOutcome.Committed;
            mayDelete = !isCommitted;
            return isCommitted;
        }
        catch (CommitUnknownException) when (attempt.Changes.Count > 0)
        {
            mayDelete = false;
            uncertain.Add(attempt);
            return false;
        }
        finally
        {
            if (mayDelete)
            {
                await DeleteAsync(attempt);
            }
        }
    }

    /// <summary>The tables as they are now. Null if that cannot be read at the
    /// moment although an outcome hangs on it.</summary>
    private async Task<Dictionary<TableName, Table>?> LoadAsync(
        IReadOnlyList<TableChange> changes, List<Attempt> uncertain, CancellationToken ct)
    {
        try
        {
            CatalogSnapshot snapshot = await catalog.SnapshotAsync([.. changes.Select(change => change.Table)], [], ct);
            var tables = new Dictionary<TableName, Table>();
            foreach ((TableName name, string location) in snapshot.Locations)
            {
                tables[name] = await Table.LoadAsync(name, location, store.Objects, ct);
            }
            return tables;
        }
        catch (Exception problem) when (uncertain.Count > 0 && (problem is IOException or DbException))
        {
            return null;
        }
    }

    private async Task<Attempt> WriteAsync(
        TransactionRequest request, IReadOnlyDictionary<TableName, Table> current, CancellationToken ct)
    {
        if (request.ValidateAsync is { } validate)
        {
            await validate(current, ct);
        }
        var attempt = new Attempt();
        try
        {
            foreach (TableChange change in request.Changes)
            {
                Table? origin = current.GetValueOrDefault(change.Table);
                if (await change.WriteAsync(origin, store, attempt.Files, ct) is { } written)
                {
                    attempt.Changes.Add(written);
                }
            }
            return attempt;
        }
        catch
        {
            await DeleteAsync(attempt);
            throw;
        }
    }

    /// <summary>Finds out what became of attempts whose outcome was unknown. Returns the one that took effect, and
    /// forgets (with its files) each that no longer can.</summary>
    private async Task<Attempt?> SettleAsync(List<Attempt> uncertain, Dictionary<TableName, Table> current)
    {
        foreach (Attempt attempt in uncertain.ToArray())
        {
            if (attempt.Changes.Any(change => Contains(current.GetValueOrDefault(change.Swap.Table), change)))
            {
                uncertain.Remove(attempt);
                await DeleteAllAsync(uncertain);
                return attempt;
            }
            // While every table still is where the attempt expects it, the catalog may yet carry it out.
            if (attempt.Changes.Any(change =>
                current.GetValueOrDefault(change.Swap.Table)?.MetadataLocation != change.Swap.Expected))
            {
                uncertain.Remove(attempt);
                await DeleteAsync(attempt);
            }
        }
        return null;
    }

    /// <summary>True if the table is, or once was, where the change moved it.</summary>
    private static bool Contains(Table? current, WrittenChange change) => current is not null
        && (current.MetadataLocation == change.Swap.New
            || current.Metadata.MetadataLog.Any(entry => entry.MetadataFile == change.Swap.New)
            || (change.SnapshotId is { } id && current.Metadata.FindSnapshot(id) is not null));

    private async Task DeleteAllAsync(List<Attempt> attempts)
    {
        foreach (Attempt attempt in attempts)
        {
            await DeleteAsync(attempt);
        }
    }

    /// <summary>Best effort: what a failing store keeps is an orphan,
    /// unreferenced, and goes with the next clean-up.</summary>
    private async Task DeleteAsync(Attempt attempt)
    {
        foreach (string location in attempt.Files)
        {
            try
            {
                await store.Objects.DeleteAsync(location, CancellationToken.None);
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    private Task PauseAsync(int number, CancellationToken ct)
    {
        TimeSpan pause = s_firstPause * Math.Pow(2, number - 1);
        return Task.Delay(store.Author.Jitter(pause < s_pauseMax ? pause : s_pauseMax), store.Author.Clock, ct);
    }

    private sealed class Attempt
    {
        internal List<WrittenChange> Changes { get; } = [];

        internal List<string> Files { get; } = [];
    }
}

/// <summary>What a transaction shall do.</summary>
/// <param name="Changes">At least one; at most one per table.</param>
public sealed record TransactionRequest(IReadOnlyList<TableChange> Changes)
{
    /// <summary>Rows written in the same catalog transaction.</summary>
    public IReadOnlyList<SideRow> SideRows { get; init; } = [];

    /// <summary>Called in every attempt with the freshly loaded tables (absent ones are missing); throws to abort the
    /// commit, for example because a position is not where the batch starts.</summary>
    public Func<IReadOnlyDictionary<TableName, Table>, CancellationToken, ValueTask>? ValidateAsync { get; init; }
}
