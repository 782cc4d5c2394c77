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
        LogLevel.Warning,
        "The log holds nothing that can be read from offset {From} to {To}; no event is known to be lost.")]
    public static partial void LogGap(this ILogger logger, long from, long to);

    [LoggerMessage(
        LogLevel.Error,
        "The log is damaged from offset {From} to {To}: {Events} events are lost and counted as damaged.")]
    public static partial void LogDamaged(this ILogger logger, long from, long to, long events);
}
