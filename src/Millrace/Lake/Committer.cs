using System.Diagnostics;
using System.Globalization;
using Millrace.Iceberg;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>What a committer works with.</summary>
/// <param name="Node">Whose log is committed.</param>
/// <param name="Parquet">A writer of its own: commits run beside refining.</param>
internal sealed record CommitterParts(
    string Node, ParquetWriter Parquet, LakeTables Tables, ScratchFolder Scratch)
{
    public required IdRunFiles Ids { get; init; }

    public required Random Random { get; init; }
}

/// <summary>Makes a generation true: sorted data files, id run,
/// and one catalog transaction that swaps the tables.</summary>
/// <remarks>A failed attempt may be repeated as a whole: nothing of it is part of a table.</remarks>
internal sealed class Committer(CommitterParts parts)
{
    private const long MicrosPerHour = 3_600_000_000;

    private readonly DataFileWriter _files =
        new(parts.Parquet, parts.Tables.Store.Objects, parts.Scratch, parts.Random);
    private readonly Transaction _transaction = new(parts.Tables.Catalog, parts.Tables.Store);

    private Prepared? _prepared;

    /// <summary>Commits a sealed generation.</summary>
    /// <returns>The run of the ids it claimed; null if it claimed none.</returns>
    /// <exception cref="StaleChangeException">The lake is not where this generation begins: another process commits for
    /// the same node.</exception>
    public async Task<IdRun?> CommitAsync(Generation generation, CancellationToken ct)
    {
        // An attempt that is repeated has its files: a catalog that stays away must not fill the disk.
        if (_prepared?.Generation != generation)
        {
            _prepared = await PrepareAsync(generation, ct);
        }
        var run = _prepared.Run;
        var request = new TransactionRequest(_prepared.Changes)
        {
            SideRows = run is null ? [] : [IdRunFiles.RowOf(run)],
            ValidateAsync = (tables, _) => IsCommitted(tables, generation)
                ? throw new AlreadyCommittedException() : ValueTask.CompletedTask,
        };
        try
        {
            await _transaction.CommitAsync(request, ct);
        }
        catch (AlreadyCommittedException)
        {
            // An attempt whose outcome was unknown had taken effect.
        }
        _prepared = null;
        return run;
    }

    /// <summary>Makes everything durable that the transaction will name.</summary>
    private async Task<Prepared> PrepareAsync(Generation generation, CancellationToken ct)
    {
        var stored = new List<string>();
        IdRun? run = null;
        try
        {
            run = generation.Ids.Count == 0 ? null : parts.Ids.Write(generation);
            var changes = new List<TableChange>();
            foreach (var table in LakeTable.All)
            {
                if (await ChangeAsync(table, generation, stored, ct) is { } change)
                {
                    changes.Add(change);
                }
            }
            return new Prepared(generation, run, changes);
        }
        catch
        {
            run?.Dispose();
            await parts.Tables.DiscardAsync(stored);
            throw;
        }
    }

    private async Task<TableChange?> ChangeAsync(
        LakeTable table, Generation generation, List<string> stored, CancellationToken ct)
    {
        var change = new TableChange(table.TableName);
        var (rows, expected) = RowsOf(table, generation);
        if (rows.Count > 0)
        {
            var prefix = string.Create(
                CultureInfo.InvariantCulture, $"{parts.Node}-{generation.First}-{generation.To}");
            long? currentHour = table == LakeTable.Events ? generation.ReceivedMax / MicrosPerHour : null;
            var files = await _files.WriteAsync(
                rows, new FilesToWrite(parts.Tables.Location(table), prefix, currentHour), stored, ct);
            if (files.Sum(file => file.RecordCount) != expected)
            {
                throw new UnreachableException(
                    $"The files of a commit to {table.Name} do not hold its {expected} rows.");
            }
            change.Append(files);
        }
        else if (table != LakeTable.Events)
        {
            return null;
        }
        if (table == LakeTable.Events)
        {
            change.SetSummary(Positions.KeyPrefix + parts.Node, Text(generation.To));
            SetEventsBefore(change, generation.EventsBefore);
        }
        return change;
    }

    /// <summary>Lets a reader that resumes count what it lost right behind the position; unknown after a foreign
    /// commit, until the log says it again.</summary>
    private void SetEventsBefore(TableChange change, long events)
    {
        if (events >= 0)
        {
            var key = LakeTables.EventsKeyPrefix + parts.Node;
            change.SetSummary(key, Text(events));
            change.SetProperties(new Dictionary<string, string> { [key] = Text(events) });
        }
    }

    /// <returns>The rows, and how many there must be by another count.</returns>
    private static (LakeRows Rows, long Expected) RowsOf(LakeTable table, Generation generation) =>
        table == LakeTable.Ledger ? (generation.Ledger.ToRows(), generation.Ledger.Count)
        : table == LakeTable.Events ? (generation.Rows.Events, generation.HotRows(table))
        : (generation.Rows.FailedEvents, generation.HotRows(table));

    private bool IsCommitted(IReadOnlyDictionary<TableName, Table> tables, Generation generation)
    {
        var position = LakeTables.PositionOf(tables[LakeTable.Events.TableName].Metadata, parts.Node)?.Offset ?? 0;
        if (position == generation.From)
        {
            return false;
        }
        return position == generation.To ? true : throw new StaleChangeException(
            $"The lake holds node {parts.Node} up to {position}, this commit begins at {generation.From}: "
            + "another process commits for the same node. Stop one of them.");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Prepared(Generation Generation, IdRun? Run, IReadOnlyList<TableChange> Changes);

    private sealed class AlreadyCommittedException : Exception;
}
