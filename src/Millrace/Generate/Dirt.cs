namespace Millrace.Generate;

/// <summary>What is wrong with a line; at most one thing. Second copies are made elsewhere
/// (<see cref="Repeats"/>).</summary>
internal enum Dirt
{
    None,

    // Stored.
    Late, ClampedClock, CorrectedClock, SchemaViolation, Hostile, UnreadableTime,

    // Failed.
    NotAnObject, MissingEvent, WrongType, Oversized,
}

/// <summary>Draws dirt by the shares of <see cref="TrafficModel"/>.</summary>
internal static class Dirts
{
    private static readonly (Dirt Dirt, double UpTo)[] Ladder = Climb(
    [
        (Dirt.Late, TrafficModel.LateShare),
        (Dirt.SchemaViolation, TrafficModel.SchemaViolationShare),
        (Dirt.ClampedClock, TrafficModel.ClampedClockShare),
        (Dirt.CorrectedClock, TrafficModel.CorrectedClockShare),
        (Dirt.Hostile, TrafficModel.HostileShare),
        (Dirt.UnreadableTime, TrafficModel.UnreadableTimeShare),
        (Dirt.MissingEvent, TrafficModel.MissingEventShare),
        (Dirt.WrongType, TrafficModel.WrongTypeShare),
        (Dirt.NotAnObject, TrafficModel.NotAnObjectShare),
    ]);

    public static Dirt Draw(double unit)
    {
        foreach (var (dirt, upTo) in Ladder)
        {
            if (unit < upTo)
            {
                return dirt;
            }
        }
        return Dirt.None;
    }

    /// <summary>The code of the failed event; null: the event is stored.</summary>
    public static string? FailureCode(Dirt dirt) => dirt switch
    {
        Dirt.NotAnObject => "not_an_object",
        Dirt.MissingEvent => "missing_event",
        Dirt.WrongType => "wrong_type",
        Dirt.Oversized => "event_too_large",
        _ => null,
    };

    private static (Dirt, double)[] Climb((Dirt Dirt, double Share)[] shares)
    {
        var sum = 0.0;
        return [.. shares.Select(step => (step.Dirt, sum += step.Share))];
    }
}
