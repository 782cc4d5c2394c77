using System.Runtime.InteropServices;
using System.Text;
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

    /// <summary>The cells as rows of the table <c>ledger</c>.</summary>
    public LakeRows ToRows()
    {
        var rows = new LakeRows(LakeTable.Ledger);
        foreach (var (key, events, bytes) in Rows)
        {
            rows.Set(1, key.Minute);
            SetName(rows, 2, key.Tenant);
            SetName(rows, 3, key.Source);
            SetName(rows, 4, key.Route);
            rows.Set(5, OutcomeName(key.Outcome));
            rows.Set(6, Encoding.UTF8.GetBytes(key.Reason));
            rows.Set(7, events);
            rows.Set(8, bytes);
            rows.EndRow();
        }
        return rows;
    }

    /// <summary>A name that nobody knows is null (docs/formats/tables.md).</summary>
    private static void SetName(LakeRows rows, int field, string name)
    {
        if (name.Length > 0)
        {
            rows.Set(field, Encoding.UTF8.GetBytes(name));
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
