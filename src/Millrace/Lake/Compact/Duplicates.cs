using System.Text;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>Rows of late files that are copies: their day has another row with the same tenant and event id.</summary>
/// <remarks>
/// Refine drops a copy that comes within the dedup window. One that comes later has the event time of the first and is
/// therefore among its day's late rows. Of copies the first in the log stays; a row in a file that is not being
/// rewritten came before all late ones.
/// </remarks>
internal static class Duplicates
{
    /// <summary>Where the rows to be dropped are kept.</summary>
    private const string Table = "duplicates";

    /// <summary>Hours from a row's event time to the receipt of a copy that Refine does not know any more: the window
    /// of 7 days, less the hour by which an event time may be ahead.</summary>
    private const int PastWindowHours = (7 * 24) - 1;

    /// <summary>What is left of the rows of a source, as a source.</summary>
    public static string LeftOf(string source) => $"({source} ANTI JOIN {Table} USING (node, log_offset, batch_index))";

    /// <summary>Finds the copies among rows of <c>events</c>.</summary>
    /// <param name="connection">Keeps them, for <see cref="LeftOf"/>.</param>
    /// <param name="late">Where the rows are read from.</param>
    /// <param name="others">Where the other rows of their day are read from; null: there are none.</param>
    /// <returns>What the ledger must say of them: stored before, now duplicate.</returns>
    public static LedgerIncrements Find(Connection connection, string late, string? others)
    {
        connection.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE late AS
            SELECT tenant, event_id, source, received_time, node, log_offset, batch_index,
                    received_time >= event_time + INTERVAL {PastWindowHours} HOUR AS is_past_window FROM {late}
                WHERE event_id IS NOT NULL AND node IS NOT NULL AND log_offset IS NOT NULL AND batch_index IS NOT NULL
                -- The same row twice is no copy that a client sent, and its place names both.
                QUALIFY count(*) OVER (PARTITION BY node, log_offset, batch_index) = 1
            """);
        // A day has many ids; they are read only for rows that Refine cannot have compared with them.
        var areCompared = others is not null
            && connection.Scalar<bool?>("SELECT bool_or(is_past_window) FROM late") == true;
        var elsewhere = areCompared
            ? $"SELECT DISTINCT tenant, event_id FROM {others} "
                + "SEMI JOIN (FROM late WHERE is_past_window) USING (tenant, event_id)"
            : "SELECT tenant, event_id FROM late WHERE false";
        connection.Execute(
            $"""
            CREATE OR REPLACE TEMP TABLE elsewhere AS {elsewhere};
            CREATE OR REPLACE TEMP TABLE {Table} AS
            SELECT * FROM (
                SELECT *, row_number() OVER (
                    PARTITION BY tenant, event_id ORDER BY received_time, log_offset, batch_index, node) > 1 AS is_copy
                FROM late) AS ranked
            WHERE is_copy OR EXISTS (
                FROM elsewhere WHERE elsewhere.tenant = ranked.tenant AND elsewhere.event_id = ranked.event_id);
            DROP TABLE elsewhere; DROP TABLE late
            """);
        return Corrections(connection);
    }

    private static LedgerIncrements Corrections(Connection connection)
    {
        var corrections = new LedgerIncrements();
        using var result = connection.Query(
            "SELECT epoch_us(date_trunc('minute', received_time)), tenant, source, count(*) "
            + $"FROM {Table} GROUP BY ALL");
        while (result.NextChunk(out var chunk))
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var key = new LedgerKey(
                    chunk.Column(0).Get<long>(row), Encoding.UTF8.GetString(chunk.Column(1).Utf8(row)),
                    Encoding.UTF8.GetString(chunk.Column(2).Utf8(row)), Route: "", Outcome.Stored, Reason: "");
                var events = chunk.Column(3).Get<long>(row);
                corrections.Add(key, -events, bytes: 0);
                corrections.Add(key with { Outcome = Outcome.Duplicate, Reason = "compaction" }, events, bytes: 0);
            }
        }
        return corrections;
    }
}
