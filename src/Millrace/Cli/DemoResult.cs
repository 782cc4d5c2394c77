namespace Millrace.Cli;

/// <summary>The ledger's total, as <c>GET /api/ledger</c> gives it.</summary>
internal sealed record LedgerTotal(long Received, long Stored, long Failed, long Duplicate)
{
    public long Dropped { get; init; }

    public long Pending { get; init; }

    public long Residue { get; init; }
}

/// <summary>What a demo came to.</summary>
/// <param name="Sent">Events that were answered.</param>
internal sealed record DemoResult(long Sent, long Accepted, LedgerTotal Ledger)
{
    public TimeSpan FreshnessP99 { get; init; }

    public double EventsPerSecond { get; init; }

    /// <summary>Every accepted event is accounted for.</summary>
    public bool IsComplete => Ledger.Residue == 0
        && Ledger.Stored + Ledger.Failed + Ledger.Duplicate + Ledger.Dropped + Ledger.Pending == Accepted;

    public Dictionary<string, object> ToJson() => new()
    {
        ["sent"] = Sent,
        ["accepted"] = Accepted,
        ["stored"] = Ledger.Stored,
        ["failed"] = Ledger.Failed,
        ["duplicate"] = Ledger.Duplicate,
        ["dropped"] = Ledger.Dropped,
        ["pending"] = Ledger.Pending,
        ["residue"] = Ledger.Residue,
        ["freshness_p99_ms"] = Math.Round(FreshnessP99.TotalMilliseconds),
        ["events_per_second"] = Math.Round(EventsPerSecond),
    };
}
