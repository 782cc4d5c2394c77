namespace Millrace.Collect;

/// <summary>The log as Collect sees it: one append, and what it must know at start.</summary>
/// <param name="Node">Of the receipts.</param>
/// <param name="Stamp">The control version in force at the log's end when it was opened; zeros: none.</param>
/// <param name="AppendAsync">Completes when the bytes are durable, or refuses. The memory is the log's until then.</param>
internal sealed record CollectLog(
    ulong Node, ReadOnlyMemory<byte> Stamp, Func<CollectEntry, ValueTask<CollectAppend>> AppendAsync);

/// <summary>A record to append.</summary>
/// <param name="Head">The envelope.</param>
/// <param name="Body">Follows the envelope.</param>
/// <param name="Events">Events in the body, as counted here: the number the ledger calls received.</param>
/// <param name="Stamp">32 bytes if this record changes the control version in force; else empty.</param>
internal readonly record struct CollectEntry(
    ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body, int Events, ReadOnlyMemory<byte> Stamp);

/// <summary>What became of an append.</summary>
/// <param name="Offset">Of the record, if it was not refused.</param>
internal readonly record struct CollectAppend(long Offset, CollectAppendRefusal Refusal);

internal enum CollectAppendRefusal { None, InFlightFull, DiskFull, DiskFailing }
