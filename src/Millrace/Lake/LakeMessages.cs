using Microsoft.Extensions.Logging;

namespace Millrace.Lake;

/// <summary>Log messages of the lake.</summary>
internal static partial class LakeMessages
{
    [LoggerMessage(LogLevel.Debug, "Committed up to offset {Position} from {Segments} hot segments.")]
    public static partial void Committed(this ILogger logger, long position, int segments);

    [LoggerMessage(LogLevel.Information, "The lake resumes at offset {Position} of node {Node}.")]
    public static partial void Resumed(this ILogger logger, long position, string node);

    [LoggerMessage(LogLevel.Warning, "Could not {Step} (attempt {Attempt}); the log keeps the events, trying again.")]
    public static partial void StepFailed(this ILogger logger, Exception exception, string step, int attempt);

    [LoggerMessage(
        LogLevel.Error,
        "The lake stands still and begins anew in {Seconds} s; the log keeps what comes in. {Fault}")]
    public static partial void LakeFault(this ILogger logger, Exception exception, double seconds, string fault);

    [LoggerMessage(LogLevel.Debug, "Compacted {Slot} of {Table}: {Inputs} files became {Outputs}.")]
    public static partial void Compacted(this ILogger logger, string table, string slot, int inputs, int outputs);

    [LoggerMessage(
        LogLevel.Warning, "Could not compact {Slot} of {Table}, its files stay as they are until later. {Fault}")]
    public static partial void CompactionFailed(
        this ILogger logger, Exception exception, string table, string slot, string fault);

    [LoggerMessage(LogLevel.Warning, "Could not see what is to be compacted; trying again later. {Fault}")]
    public static partial void NoCompaction(this ILogger logger, Exception exception, string fault);

    [LoggerMessage(LogLevel.Information, "The lake works again.")]
    public static partial void LakeWorks(this ILogger logger);

    [LoggerMessage(
        LogLevel.Warning,
        "{Fault} It was made again from the rows of its range: {Ids} ids, {Expected} were in it. "
        + "The damaged file is kept as {Kept}.")]
    public static partial void IdRunRebuilt(
        this ILogger logger, string fault, long ids, long expected, string kept);

    [LoggerMessage(
        LogLevel.Warning,
        "{Lost} changes of the rules before offset {Offset} are lost in damage of the log: records up to the next "
        + "change or segment are refined by the rules before them.")]
    public static partial void RulesLost(this ILogger logger, long lost, long offset);

    [LoggerMessage(
        LogLevel.Warning,
        "The log holds nothing that can be read from offset {From} to {To}; no event is known to be lost.")]
    public static partial void LogGap(this ILogger logger, long from, long to);

    [LoggerMessage(
        LogLevel.Error,
        "The log is damaged from offset {From} to {To}: {Events} events are lost and counted as damaged.")]
    public static partial void LogDamaged(this ILogger logger, long from, long to, long events);
}
