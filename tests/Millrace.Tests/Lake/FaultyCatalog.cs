using Millrace.Iceberg;

namespace Millrace.Tests.Lake;

/// <summary>A real catalog in whose commits a test may break in.</summary>
internal sealed class FaultyCatalog(ICatalog catalog) : ICatalog
{
    public Action<CatalogCommit>? BeforeCommit { get; set; }

    /// <summary>Called once a commit has taken effect, before its caller learns of it.</summary>
    public Action<CatalogCommit>? AfterCommit { get; set; }

    /// <summary>Reading fails meanwhile.</summary>
    public bool IsUnreadable { get; set; }

    /// <summary>How often it was asked while it could not be read.</summary>
    public int UnreadableAsked { get; private set; }

    public Task<string?> LoadAsync(TableName table, CancellationToken ct) => catalog.LoadAsync(table, ct);

    public Task<IReadOnlyList<TableName>> ListAsync(CancellationToken ct) => catalog.ListAsync(ct);

    public Task<CatalogSnapshot> SnapshotAsync(
        IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables, CancellationToken ct) =>
        IsUnreadable ? Refuse() : catalog.SnapshotAsync(tables, sideTables, ct);

    public Task<IReadOnlyDictionary<string, string>> ReadSideAsync(string table, CancellationToken ct) =>
        catalog.ReadSideAsync(table, ct);

    public async Task<CommitOutcome> CommitAsync(CatalogCommit commit, CancellationToken ct)
    {
        BeforeCommit?.Invoke(commit);
        var outcome = await catalog.CommitAsync(commit, ct);
        AfterCommit?.Invoke(commit);
        return outcome;
    }

    private Task<CatalogSnapshot> Refuse()
    {
        UnreadableAsked++;
        throw new IOException("The catalog cannot be read.");
    }
}
