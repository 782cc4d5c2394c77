using System.Globalization;
using Millrace.DuckDb;
using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Reads the headers of all records at or past each node's position.</summary>
/// <param name="positionOf">The committed position of a node; 0 if it has none.</param>
internal delegate PendingLog ReadPending(Func<string, long> positionOf);

/// <summary>Which part of the ledger is asked for.</summary>
/// <param name="From">First minute.</param>
/// <param name="To">Exclusive end.</param>
/// <param name="Tenant">Empty: all.</param>
internal sealed record LedgerPeriod(DateTimeOffset From, DateTimeOffset To, string Tenant);

/// <summary>Adds up the ledger: what is committed from its table, what is pending from the log, both seen from the same
/// commit, so that nothing is counted twice or not at all.</summary>
internal sealed class LedgerReader(LakeReader lake, QueryOptions options, string scratch, ReadPending readPending)
{
    private const int LinesMax = 100_000;
    private const int TriesMax = 5;

    private long _started;

    /// <exception cref="DuckDbException">A file of the table cannot be read.</exception>
    public async Task<LedgerReport> ReadAsync(LedgerPeriod period, CancellationToken ct)
    {
        for (var tries = TriesMax; ; tries--)
        {
            var view = await lake.SnapshotAsync(ct);
            PendingLog pending;
            try
            {
                pending = readPending(view.PositionOf);
            }
            catch (FileNotFoundException) when (tries > 1)
            {
                continue; // A commit after the snapshot let the segment go: the next snapshot begins behind it.
            }
            // For the same reason; what is truly damaged is so at the last try too.
            if (pending.IsWhole || tries == 1)
            {
                return await ReportAsync(view, pending, period, ct);
            }
        }
    }

    private async Task<LedgerReport> ReportAsync(
        LakeView view, PendingLog pending, LedgerPeriod period, CancellationToken ct)
    {
        var minute = LakeTable.Ledger.Schema.Find("minute")!.Id;
        var plan = await view.PlanAsync(
            LakeTable.Ledger,
            [
                new Predicate([
                    new Condition(minute, Comparison.GreaterOrEqual, Bounds.Long(Micros(period.From))),
                    new Condition(minute, Comparison.Less, Bounds.Long(Micros(period.To))),
                ]),
            ],
            ct);
        var report = new LedgerReport(LinesMax);
        // Rows in hot segments are not committed: their records count as pending.
        await Task.Run(() => AddCommitted(report, plan with { HotFiles = [] }, period), ct);
        foreach (var events in pending.Events)
        {
            if (events.Minute >= period.From && events.Minute < period.To
                && (period.Tenant.Length == 0 || events.Tenant == period.Tenant))
            {
                report.AddPending(events);
            }
        }
        return report;
    }

    private void AddCommitted(LedgerReport report, TablePlan plan, LedgerPeriod period)
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"ledger-{Environment.ProcessId}-{Interlocked.Increment(ref _started)}");
        using var instance = new QueryInstance(options, Path.Combine(scratch, name));
        instance.Seal([plan], period.Tenant);
        using var statement = instance.Connection.Prepare(
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

    private static long Micros(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
