using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Reads the headers of all records at or past each node's position.</summary>
/// <param name="positionOf">The committed position of a node; 0 if it has none.</param>
/// <param name="ct">Cancels.</param>
internal delegate Task<PendingLog> ReadPending(Func<string, long> positionOf, CancellationToken ct);

/// <summary>Which part of the ledger is asked for.</summary>
/// <param name="From">First minute.</param>
/// <param name="To">Exclusive end.</param>
/// <param name="Tenant">Empty: all.</param>
internal sealed record LedgerPeriod(DateTimeOffset From, DateTimeOffset To, string Tenant);

/// <summary>Adds up the ledger: what is committed from its table, what is pending from the log, both seen from the same
/// commit, so that nothing is counted twice or not at all.</summary>
internal sealed class LedgerReader(LakeReader lake, QueryRunner runner, ReadPending readPending)
{
    private const int LinesMax = 100_000;
    private const int TriesMax = 5;

    /// <exception cref="QueryRefusedException">The line is full, the time is up, or a file cannot be
    /// read.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<LedgerReport> ReadAsync(LedgerPeriod period, CancellationToken ct)
    {
        LedgerReport? report = null;
        await runner.RunOwnAsync(
            async (session, cancel) => report = await ReadAsync(period, session, cancel), ct);
        return report!;
    }

    private async Task<LedgerReport> ReadAsync(LedgerPeriod period, QuerySession session, CancellationToken ct)
    {
        for (var tries = TriesMax; ; tries--)
        {
            var view = await lake.SnapshotAsync(ct);
            PendingLog pending;
            try
            {
                pending = await readPending(view.PositionOf, ct);
            }
            catch (FileNotFoundException) when (tries > 1)
            {
                continue; // A commit after the snapshot let the segment go: the next snapshot begins behind it.
            }
            // For the same reason; what is truly damaged is so at the last try too.
            if (pending.IsWhole || tries == 1)
            {
                var report = new LedgerReport(LinesMax);
                await AddCommittedAsync(report, new View(view, session), period, ct);
                AddPending(report, pending, period);
                return report;
            }
        }
    }

    private static async Task AddCommittedAsync(
        LedgerReport report, View seen, LedgerPeriod period, CancellationToken ct)
    {
        var minute = LakeTable.Ledger.Schema.Find("minute")!.Id;
        var plan = await seen.Lake.PlanAsync(
            LakeTable.Ledger,
            [
                new Predicate([
                    new Condition(minute, Comparison.GreaterOrEqual, Bounds.Long(Micros(period.From))),
                    new Condition(minute, Comparison.Less, Bounds.Long(Micros(period.To))),
                ]),
            ],
            ct);
        // Rows in hot segments are not committed: their records count as pending.
        plan = plan with { HotFiles = [] };
        try
        {
            await Task.Run(() => AddCommitted(report, plan, period, seen.Session), ct);
        }
        catch (DuckDbException failure) when (DamagedFile.Find(failure, plan.LakeFiles.Keys, ct) is { } file)
        {
            throw new QueryRefusedException(QueryRefusals.DamagedFile(file, failure), failure);
        }
    }

    private static void AddPending(LedgerReport report, PendingLog pending, LedgerPeriod period)
    {
        foreach (var events in pending.Events)
        {
            if (events.Minute >= period.From && events.Minute < period.To
                && (period.Tenant.Length == 0 || events.Tenant == period.Tenant))
            {
                report.AddPending(events);
            }
        }
    }

    private static void AddCommitted(
        LedgerReport report, TablePlan plan, LedgerPeriod period, QuerySession session)
    {
        session.Show([plan], period.Tenant);
        using var statement = session.Connection.Prepare(
            """
            SELECT minute, tenant, outcome, coalesce(reason, ''), sum(events)::BIGINT
            FROM ledger WHERE minute >= ? AND minute < ? GROUP BY ALL ORDER BY ALL
            """);
        using var result = statement.Bind(1, period.From).Bind(2, period.To).Stream();
        while (result.NextChunk(out var chunk))
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var key = new LedgerKey(
                    (DateTimeOffset)chunk.Column(0).Value(row)!, (string?)chunk.Column(1).Value(row) ?? "");
                report.Add(key, (
                    (string)chunk.Column(2).Value(row)!, (string)chunk.Column(3).Value(row)!,
                    chunk.Column(4).Get<long>(row)));
            }
        }
    }

    /// <summary>One state of the lake, and what reads it.</summary>
    private sealed record View(LakeView Lake, QuerySession Session);

    private static long Micros(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
