using System.Text;
using Millrace.Events;
using Millrace.Refine;

namespace Millrace.Tests.Refine;

/// <summary>Keeps what Refine makes of records.</summary>
internal sealed class RowList : IRowSink
{
    public List<StoredRow> Stored { get; } = [];

    public List<FailedRow> Failed { get; } = [];

    public List<CountedRow> Counted { get; } = [];

    public IEnumerable<string> Ids => Stored.Select(row => row.Id);

    /// <summary>Events by outcome and reason, as <c>failed missing_event</c>.</summary>
    public Dictionary<string, long> Totals => Counted.GroupBy(row => $"{row.Outcome} {row.Reason}".Trim())
        .ToDictionary(cell => cell.Key, cell => cell.Sum(row => row.Events));

    public void Store(in Event stored) => Stored.Add(new StoredRow(
        Text(stored.Id), Text(stored.Batch.Envelope.Tenant), Text(stored.Raw.Text(EventColumn.Event)), stored.EventTime)
    {
        Ip = Text(stored.Raw.Text(EventColumn.Ip)),
    });

    public void Fail(in FailedEvent failed) => Failed.Add(new FailedRow(
        failed.Index, failed.Failure.Code, Text(failed.Payload), Text(failed.Shared)));

    public void Count(in ReceivedBatch batch, in LedgerCount count) => Counted.Add(new CountedRow(
        count.Outcome, count.Reason, count.Events, count.Bytes)
    {
        Received = batch.Received,
        Tenant = Text(batch.Envelope.Tenant),
        Route = Text(batch.Envelope.Route),
    });

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}

internal sealed record StoredRow(string Id, string Tenant, string Event, long EventTime)
{
    public required string Ip { get; init; }
}

internal sealed record FailedRow(int Index, string Code, string Payload, string Shared);

internal sealed record CountedRow(Outcome Outcome, string Reason, long Events, long Bytes)
{
    public required long Received { get; init; }

    public required string Tenant { get; init; }

    public required string Route { get; init; }
}
