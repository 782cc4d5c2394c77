using System.Runtime.InteropServices;
using System.Text;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Refine;

namespace Millrace.Lake;

/// <summary>What a cell of the ledger is about.</summary>
/// <param name="Minute">µs UTC of the minute's start, in the log's receive time.</param>
internal readonly record struct LedgerKey(
    long Minute, string Tenant, string Source, string Route, Outcome Outcome, string Reason);

/// <summary>Sums the ledger's additions of one generation, one row a key.</summary>
/// <remarks>Not thread safe. Bounded by the minutes, tenants and routes that a generation can hold.</remarks>
internal sealed class LedgerIncrements
{
    public const long MicrosPerMinute = 60_000_000;

    private readonly Dictionary<LedgerKey, (long Events, long Bytes)> _cells = [];

    public int Count => _cells.Count;

    public IEnumerable<(LedgerKey Key, long Events, long Bytes)> Rows =>
        _cells.Select(cell => (cell.Key, cell.Value.Events, cell.Value.Bytes));

    public void Add(in LedgerKey key, long events, long bytes)
    {
        ref var cell = ref CollectionsMarshal.GetValueRefOrAddDefault(_cells, key, out _);
        cell = (cell.Events + events, cell.Bytes + bytes);
    }

    /// <summary>The minute that holds an instant.</summary>
    public static long MinuteOf(long micros) => Math.DivRem(micros, MicrosPerMinute) switch
    {
        (var minutes, < 0) => (minutes - 1) * MicrosPerMinute,
        (var minutes, _) => minutes * MicrosPerMinute,
    };

    /// <summary>Appends the rows to a DuckDB table with the columns of <see cref="LakeTable.Ledger"/>.</summary>
    public void AppendTo(ChunkAppender rows)
    {
        foreach (var (key, events, bytes) in Rows)
        {
            rows.Set(0, key.Minute);
            SetName(rows, 1, key.Tenant);
            SetName(rows, 2, key.Source);
            SetName(rows, 3, key.Route);
            rows.SetUtf8(4, OutcomeName(key.Outcome));
            rows.SetUtf8(5, Encoding.UTF8.GetBytes(key.Reason));
            rows.Set(6, events);
            rows.Set(7, bytes);
            rows.EndRow();
        }
        rows.Flush();
    }

    /// <summary>A name that nobody knows is null (docs/formats/tables.md).</summary>
    private static void SetName(ChunkAppender rows, int column, string name)
    {
        if (name.Length > 0)
        {
            rows.SetUtf8(column, Encoding.UTF8.GetBytes(name));
        }
    }

    private static ReadOnlySpan<byte> OutcomeName(Outcome outcome) => outcome switch
    {
        Outcome.Received => "received"u8,
        Outcome.Stored => "stored"u8,
        Outcome.Failed => "failed"u8,
        Outcome.Duplicate => "duplicate"u8,
        Outcome.Dropped => "dropped"u8,
        Outcome.Damaged => "damaged"u8,
        Outcome.Refused => "refused"u8,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
