using Millrace.Events;

namespace Millrace.Refine;

/// <summary>Takes what Refine makes of a record, in the record's order. Spans are valid during the call only.</summary>
internal interface IRowSink
{
    /// <summary>An event to store.</summary>
    void Store(in Event stored);

    /// <summary>An event that failed.</summary>
    void Fail(in FailedEvent failed);

    /// <summary>Adds to the ledger's cell of the batch's minute, tenant, source and route.</summary>
    void Count(in ReceivedBatch batch, in LedgerCount count);
}

/// <summary>An addition to the ledger.</summary>
/// <param name="Reason">A stable code; empty where the outcome needs none.</param>
/// <param name="Bytes">Of the events' JSON; for <see cref="Outcome.Received"/> of the body.</param>
internal readonly record struct LedgerCount(Outcome Outcome, string Reason, long Events, long Bytes);
