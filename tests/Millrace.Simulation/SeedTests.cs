using System.Globalization;
using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>Simulations of the log and the lake, one a seed: whatever fails, what was acknowledged is in the lake once,
/// and the ledger closes.</summary>
/// <remarks>MILLRACE_SEEDS sets their number, MILLRACE_FIRST_SEED where they begin (else the day decides), and
/// MILLRACE_REPORT a file for the totals.</remarks>
public sealed class SeedTests
{
    [Fact]
    public void Every_promise_holds_in_every_simulation()
    {
        using var world = new Worlds();
        var (first, count) = (Worlds.Number("MILLRACE_FIRST_SEED", Worlds.SeedOfTheDay), Worlds.Number("MILLRACE_SEEDS", 500));
        for (var seed = first; seed < first + count; seed++)
        {
            world.Run(seed, Plant.None);
        }
        world.Report();
        world.Totals.Seeds.ShouldBe(count);
    }

    [Fact]
    public void A_seed_does_the_same_again()
    {
        using var world = new Worlds();
        for (var seed = 0; seed < 10; seed++)
        {
            world.Run(seed, Plant.None).ShouldBe(world.Run(seed, Plant.None), $"seed {seed}");
        }
    }
}
