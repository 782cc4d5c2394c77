namespace Millrace.Events;

/// <summary>Why an event became a row of <c>failed_events</c>: a stable code and a sentence.</summary>
/// <param name="Code">Stable; people filter and alert on it.</param>
/// <param name="Reason">What was wrong and what would be right; names the field.</param>
internal sealed record EventFailure(string Code, string Reason)
{
    public static readonly EventFailure NotAnObject =
        new("not_an_object", "The event is not a JSON object.");
    public static readonly EventFailure TooLarge =
        new("event_too_large", "The event is larger than 'refine.event_bytes' allows (1 MB by default).");
    public static readonly EventFailure MissingEvent =
        new("missing_event", "The event has no name: 'event' must be a non-empty string.");
    public static readonly EventFailure MissingType =
        new("missing_type", "The call has no 'type'; one of track, page, screen, identify, group, alias is needed.");
    public static readonly EventFailure TooManyDays =
        new("too_many_days", "The batch holds history of too many days, and each is a file: sort it by time first.");
    public static readonly EventFailure UnknownType =
        new("unknown_type", "The call's 'type' is none of track, page, screen, identify, group, alias.");

    /// <summary>A field that is a column has a JSON type which the column cannot hold.</summary>
    public static EventFailure WrongType(string field, string wanted) =>
        new("wrong_type", $"'{field}' must be {wanted}.");
}
