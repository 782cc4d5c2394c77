namespace Millrace.Query;

/// <summary>What became of the events of one minute and tenant, or of all.</summary>
/// <remarks>Conservation: received = stored + failed + duplicate + dropped + damaged + pending, so
/// <see cref="Residue"/> is 0. Refusals were never received and stand outside.</remarks>
internal sealed class LedgerLine
{
    /// <summary>Pending included.</summary>
    public long Received { get; private set; }

    public long Stored { get; private set; }

    public long Duplicate { get; private set; }

    public long Damaged { get; private set; }

    public long Pending { get; private set; }

    public SortedDictionary<string, long> FailedByCode { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, long> DroppedByRule { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, long> RefusedByStatus { get; } = new(StringComparer.Ordinal);

    /// <summary>Events that nobody accounts for; a fault of ours unless it is 0.</summary>
    public long Residue =>
        Received - Stored - FailedByCode.Values.Sum() - Duplicate - DroppedByRule.Values.Sum() - Damaged - Pending;

    /// <summary>Adds committed increments (docs/formats/tables.md).</summary>
    public void Add(string outcome, string reason, long events)
    {
        switch (outcome)
        {
            case "received": Received += events; break;
            case "stored": Stored += events; break;
            case "duplicate": Duplicate += events; break;
            case "damaged": Damaged += events; break;
            case "failed": Add(FailedByCode, reason, events); break;
            case "dropped": Add(DroppedByRule, reason, events); break;
            case "refused": Add(RefusedByStatus, reason.Split(' ')[0], events); break;
            // A newer Millrace knows more outcomes; inside the sum they would show as residue, and should.
        }
    }

    /// <summary>Adds events that are in the log and not yet in the lake.</summary>
    public void AddPending(long events)
    {
        Received += events;
        Pending += events;
    }

    private static void Add(SortedDictionary<string, long> sums, string key, long events) =>
        sums[key] = sums.GetValueOrDefault(key) + events;
}
