namespace Millrace.Integration;

/// <summary>How much a <see cref="CrashRun"/> does.</summary>
/// <param name="Crashes">How many.</param>
/// <param name="EventsBetween">Acknowledged between two of them, about.</param>
internal sealed record CrashPlan(int Crashes, int EventsBetween, Random Random)
{
    /// <summary>Crashes after which the sums are checked and the roles divided anew.</summary>
    public int CheckEvery { get; } = Math.Clamp(Crashes / 10, 5, 25);

    /// <summary>Where the data directory lies, if the power is to be cut; null: processes are killed.</summary>
    public LoopMount? Power { get; init; }
}

/// <summary>One crash to come.</summary>
/// <param name="Victim">The process that strace may kill, and that dies in any case.</param>
internal sealed record Crash(string Victim)
{
    /// <summary>All that die.</summary>
    public required IReadOnlyList<string> Members { get; init; }

    /// <summary>Null: at a random moment.</summary>
    public PlacedKill? Placed { get; init; }

    /// <summary>A recovery that is itself cut short.</summary>
    public bool IsInStart { get; init; }

    public static Crash Draw(CrashPlan plan, Fleet fleet, string data)
    {
        var random = plan.Random;
        var dead = fleet.Members.Where(member => !fleet.IsRunning(member)).ToList();
        var from = dead.Count > 0 && random.Next(5) > 0 ? dead : fleet.Members;
        var victim = from[random.Next(from.Count)];
        var how = dead.Contains(victim) ? random.Next(10) : 9;
        return new Crash(victim)
        {
            Members = plan.Power is not null || random.Next(4) == 0 ? fleet.Members : [victim],
            Placed = how < 6 ? Place.Draw(random, data, victim) : null,
            IsInStart = how == 6,
        };
    }
}
