namespace Millrace.Events;

/// <summary>A body that is on disk: one record of the log, with what Collect knew about it.</summary>
/// <remarks>The spans point into the log reader's buffer: valid until the next record is read.</remarks>
internal readonly ref struct ReceivedBatch
{
    /// <summary>The record's offset: <c>log_offset</c> of its events.</summary>
    public required long Offset { get; init; }

    /// <summary>Receive time, µs UTC; never smaller than that of the record before.</summary>
    public required long Received { get; init; }

    /// <summary>How many events Collect counted.</summary>
    public required int Events { get; init; }

    public required Envelope Envelope { get; init; }

    public ReadOnlySpan<byte> Body => Envelope.Body;
}

/// <summary>A valid event with its id and its time: a row of <c>events</c>.</summary>
internal readonly ref struct Event
{
    public required ReceivedBatch Batch { get; init; }

    public required RawEvent Raw { get; init; }

    public required int Index { get; init; }

    /// <summary>The client's id, or the one its lineage gives it.</summary>
    public required ReadOnlySpan<byte> Id { get; init; }

    /// <summary>µs UTC, after skew correction and clamping.</summary>
    public required long EventTime { get; init; }
}

/// <summary>An event that cannot become a row of <c>events</c>: a row of <c>failed_events</c>.</summary>
internal readonly ref struct FailedEvent
{
    public required ReceivedBatch Batch { get; init; }

    public required int Index { get; init; }

    public required EventFailure Failure { get; init; }

    /// <summary>The event's name as far as it was understood; empty: not at all.</summary>
    public required ReadOnlySpan<byte> EventName { get; init; }

    /// <summary>The event's JSON as it came.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>No event of its batch failed before it: it carries what a replay needs of the record.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>JSON object of what its body says of all events in it; empty: nothing, or not the first.</summary>
    public ReadOnlySpan<byte> Shared { get; init; }
}

/// <summary>What became of an event, as the ledger counts it.</summary>
internal enum Outcome { Received, Stored, Failed, Duplicate, Dropped, Damaged, Refused }
