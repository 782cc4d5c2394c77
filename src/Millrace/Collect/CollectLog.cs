using Millrace.Log;

namespace Millrace.Collect;

/// <summary>The log as Collect sees it: one append, and what it must know at start.</summary>
/// <param name="Node">Of the receipts.</param>
/// <param name="Stamp">The control version in force at the log's end when it was opened; zeros: none.</param>
/// <param name="AppendAsync"><see cref="LogWriter.AppendAsync"/>: completes when the bytes are durable, or
/// refuses.</param>
internal sealed record CollectLog(
    ulong Node, ReadOnlyMemory<byte> Stamp, Func<LogEntry, ValueTask<AppendResult>> AppendAsync);
