namespace Millrace.Generate;

/// <summary>What a line says about time.</summary>
/// <param name="ClientMilliseconds">When it happened, by the client's clock; null: what it says cannot be read.</param>
/// <param name="SentMilliseconds">When it was sent, by the same clock; null: it does not say.</param>
internal readonly record struct Moment(long? ClientMilliseconds, long? SentMilliseconds)
{
    private const double MillisecondsPerHour = 3_600_000;
    private const long MillisecondsPerYear = 365L * 86_400_000;

    /// <summary>The moment as a line with this dirt tells it.</summary>
    /// <param name="now">The instant at which the line is sent, in milliseconds.</param>
    public Moment Soiled(Dirt dirt, long now, Chance chance) => dirt switch
    {
        Dirt.Late => new Moment(now - Hours(Math.Clamp(
            chance.LogNormal(TrafficModel.LateHoursMedian, TrafficModel.LateSigma),
            TrafficModel.LateHoursMin, TrafficModel.LateHoursMax)), null),
        Dirt.ClampedClock => new Moment(
            chance.Is(0.5) ? chance.Below(3_600_000) : now + MillisecondsPerYear + chance.Below(3_600_000), null),
        Dirt.CorrectedClock => WrongClock(now, chance),
        Dirt.UnreadableTime => new Moment(null, null),
        _ => this,
    };

    private static Moment WrongClock(long now, Chance chance)
    {
        var span = TrafficModel.ClockOffHoursMax - TrafficModel.ClockOffHoursMin;
        var off = Hours(TrafficModel.ClockOffHoursMin + chance.Unit() * span) * (chance.Is(0.5) ? 1 : -1);
        return new Moment(now + off - 1000 - chance.Below(60_000), now + off);
    }

    private static long Hours(double hours) => (long)(hours * MillisecondsPerHour);
}
