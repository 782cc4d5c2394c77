namespace Millrace.Iceberg;

/// <summary>Which metadata file each table currently is: the one place where a commit becomes true.
/// Thread safe.</summary>
public interface ICatalog
{
    /// <summary>Location of a table's metadata file, or null if there is no such table.</summary>
    Task<string?> LoadAsync(TableName table, CancellationToken ct);

    /// <summary>All tables, by name.</summary>
    Task<IReadOnlyList<TableName>> ListAsync(CancellationToken ct);

    /// <summary>Several tables and side tables as of one instant.</summary>
    /// <param name="tables">Absent ones are left out of the answer.</param>
    /// <param name="sideTables">One that does not exist yet is empty.</param>
    /// <param name="ct">Cancels.</param>
    Task<CatalogSnapshot> SnapshotAsync(
        IReadOnlyList<TableName> tables, IReadOnlyList<string> sideTables, CancellationToken ct);

    /// <summary>The rows of a side table by key; empty if it does not exist yet.</summary>
    Task<IReadOnlyDictionary<string, string>> ReadSideAsync(string table, CancellationToken ct);

    /// <summary>Swaps all tables and writes all side rows in one transaction, or does nothing.</summary>
    /// <exception cref="CommitUnknownException">The transaction may or may not have taken effect.</exception>
    Task<CommitOutcome> CommitAsync(CatalogCommit commit, CancellationToken ct);
}

/// <summary>How a commit ended.</summary>
public enum CommitOutcome
{
    /// <summary>Everything in it is true.</summary>
    Committed,

    /// <summary>A table was not where it was expected; nothing changed.</summary>
    Conflict,
}

/// <summary>All or nothing.</summary>
public sealed record CatalogCommit(IReadOnlyList<TableSwap> Swaps, IReadOnlyList<SideRow> SideRows);

/// <summary>Moves a table from one metadata file to the next.</summary>
/// <param name="Table">Which table.</param>
/// <param name="Expected">Where it must be, compared letter by letter; null creates it.</param>
/// <param name="New">Where it goes; at most 1,000 characters.</param>
public sealed record TableSwap(TableName Table, string? Expected, string New);

/// <summary>A row that changes in the same transaction as the tables.</summary>
/// <param name="Table">Lower-case letters, digits and underscores; created on first use.</param>
/// <param name="Key">Primary key.</param>
/// <param name="Value">Replaces what is there; null deletes the row.</param>
public sealed record SideRow(string Table, string Key, string? Value);

/// <summary>What a catalog held at one instant.</summary>
/// <param name="Locations">Metadata locations by table.</param>
/// <param name="Sides">Rows by side table, then key.</param>
public sealed record CatalogSnapshot(
    IReadOnlyDictionary<TableName, string> Locations,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Sides);

/// <summary>It cannot be known whether a commit took effect. Its files must not be deleted.</summary>
public sealed class CommitUnknownException(string message, Exception cause) : Exception(message, cause);
