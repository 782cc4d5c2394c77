using Millrace.Simulation.Machine;
using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>One scenario, again and again, with the n-th operation failing, for every n.</summary>
/// <remarks>MILLRACE_SWEEP_EVERY sets the distance from one n to the next; where the first lies depends on the
/// day.</remarks>
public sealed class SweepTests
{
    [Theory]
    [InlineData(nameof(Trouble.InputOutput))]
    [InlineData(nameof(Trouble.InputOutputOn))]
    [InlineData(nameof(Trouble.NoSpace))]
    [InlineData(nameof(Trouble.NoSpaceOn))]
    [InlineData(nameof(Trouble.PowerCut))]
    [InlineData(nameof(Trouble.Kill))]
    public void Every_promise_holds_whichever_operation_is_hit(string name)
    {
        var trouble = Enum.Parse<Trouble>(name);
        using var worlds = new Worlds();
        var operations = worlds.Run(Trouble.None, 0);
        var every = Worlds.Number("MILLRACE_SWEEP_EVERY", 29);
        for (var at = 1 + Worlds.SeedOfTheDay / 1000 % every; at <= operations; at += every)
        {
            worlds.Run(trouble, at);
        }
        TestContext.Current.SendDiagnosticMessage($"{name} at each {every}th of {operations} operations: {worlds.Totals}");
        operations.ShouldBeGreaterThan(500);
    }
}
