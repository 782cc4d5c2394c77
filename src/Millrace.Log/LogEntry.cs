using System.Buffers;
using System.Diagnostics.Metrics;

namespace Millrace.Log;

/// <summary>What is appended: the payload is <see cref="Head"/> followed by <see cref="Body"/>. Copied before
/// <see cref="LogWriter.AppendAsync"/> returns its task, so buffers may be reused at once.</summary>
public readonly record struct LogEntry
{
    /// <summary>First part of the payload.</summary>
    public ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>Second part of the payload.</summary>
    public ReadOnlySequence<byte> Body { get; init; }

    /// <summary>Events in this record, 0 for a record that carries none.</summary>
    public int Events { get; init; }

    /// <summary>Empty, or 32 bytes: from here on this control version is in force, and segments opened later say
    /// so.</summary>
    public ReadOnlyMemory<byte> Stamp { get; init; }
}

/// <summary>Why an append was refused. Normal under overload; the caller answers 503.</summary>
public enum AppendRefusal
{
    /// <summary>It was not: the record is durable.</summary>
    None,

    /// <summary>Too many bytes wait for their sync.</summary>
    InFlightFull,

    /// <summary>The file system has too little room left.</summary>
    DiskFull,

    /// <summary>A write or sync failed, and no new segment could be opened yet.</summary>
    DiskFailing,
}

/// <summary>Outcome of an append.</summary>
/// <param name="Offset">Offset of the record; 0 and meaningless when refused.</param>
/// <param name="Refusal">None, or why nothing was made durable.</param>
public readonly record struct AppendResult(long Offset, AppendRefusal Refusal);

/// <summary>What a writer needs from outside to begin.</summary>
/// <param name="Stamp">The control version in force, 32 bytes (zeros: none yet).</param>
/// <param name="Salts">Source of segment salts; must differ between starts, or stale bytes could pass for
/// records.</param>
/// <param name="Meter">Where the metrics go; null: nowhere.</param>
public sealed record LogStart(ReadOnlyMemory<byte> Stamp, Random Salts, Meter? Meter = null)
{
    /// <summary>Where appenders go on once they are told, a run of them at a time; null: on the thread pool.</summary>
    public Action<IThreadPoolWorkItem>? GoOn { get; init; }
}
