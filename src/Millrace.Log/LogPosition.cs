namespace Millrace.Log;

/// <summary>A place in a log and how many events came before it.</summary>
/// <param name="Offset">An offset; 0 is before everything.</param>
/// <param name="Events">Events in all records before it since the log began; -1: not known.</param>
public readonly record struct LogPosition(long Offset, long Events)
{
    /// <summary>An offset alone: a reader then counts the events from the beginning of its segment.</summary>
    public static implicit operator LogPosition(long offset) => FromInt64(offset);

    /// <inheritdoc cref="op_Implicit"/>
    public static LogPosition FromInt64(long offset) => new(offset, -1);
}
