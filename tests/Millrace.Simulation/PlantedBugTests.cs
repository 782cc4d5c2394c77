using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>Tests of the simulator: it finds bugs that are put in on purpose.</summary>
public sealed class PlantedBugTests
{
    private const int SeedsMax = 150;

    [Theory]
    [InlineData(".spare")]
    [InlineData("/log")]
    [InlineData(".parquet")]
    [InlineData("/lake/ledger/metadata")]
    [InlineData("/ids")]
    public void Finds_a_sync_left_out(string place) => Find(PlantedBugs.SyncLeftOut(place));

    [Fact]
    public void Finds_a_yes_before_the_sync() => Find(PlantedBugs.YesBeforeSync);

    [Fact]
    public void Finds_a_position_written_after_the_data() => Find(PlantedBugs.PositionAfterData);

    private static void Find(Plant plant)
    {
        using var worlds = new Worlds();
        for (var seed = 0; seed < SeedsMax; seed++)
        {
            try
            {
                worlds.Run(seed, plant);
            }
            catch (ShouldAssertException found) when (found.InnerException is ViolationException)
            {
                TestContext.Current.SendDiagnosticMessage($"after {seed + 1} seeds: {found.Message.Split('\n')[0]}");
                return;
            }
            catch (ShouldAssertException)
            {
                // It stumbled over the bug, and could not say which promise is broken.
            }
        }
        throw new ShouldAssertException($"{SeedsMax} seeds did not find it.");
    }
}
