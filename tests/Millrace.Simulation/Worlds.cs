using System.Globalization;
using Millrace.Simulation.Machine;
using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>Runs simulations one after the other, and says which seed broke a promise.</summary>
internal sealed class Worlds : IDisposable
{
    private const int ReportEvery = 500;

    private readonly Places _places = new();
    private readonly DuckSessions _duck = new();

    public Totals Totals { get; } = new();

    /// <summary>Another one each day.</summary>
    public static int SeedOfTheDay => (int)(DateTime.UtcNow - DateTime.UnixEpoch).TotalDays * 1000;

    /// <summary>A number from the environment.</summary>
    public static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;

    /// <returns>The fingerprint of all that happened.</returns>
    /// <exception cref="ShouldAssertException">A promise is broken; the message has the seed and the last
    /// steps.</exception>
    public ulong Run(int seed, Plant plant)
    {
        var host = new Host(_places, _duck, plant) { Totals = Totals };
        Tell(host, $"Seed {seed} (MILLRACE_FIRST_SEED={seed} MILLRACE_SEEDS=1)", () => new Simulated(seed, host).Run());
        if (Totals.Seeds % ReportEvery == 0)
        {
            Report();
        }
        return host.Story.Fingerprint;
    }

    /// <returns>Operations of the disk in the scenario.</returns>
    /// <exception cref="ShouldAssertException">A promise is broken.</exception>
    public int Run(Trouble trouble, int at)
    {
        var host = new Host(_places, _duck, Plant.None) { Totals = Totals };
        var operations = 0;
        Tell(host, $"{trouble} at {at}", () => operations = new Swept(host, trouble, at).Run());
        return operations;
    }

    private static void Tell(Host host, string which, Action run)
    {
        try
        {
            run();
        }
        catch (Exception broken) when (broken is not SimulatorException)
        {
            throw new ShouldAssertException($"{which}: {broken.Message}\n{host.Story}", broken);
        }
    }

    /// <summary>Writes the totals to the file that the environment names.</summary>
    public void Report()
    {
        if (Environment.GetEnvironmentVariable("MILLRACE_REPORT") is { Length: > 0 } path)
        {
            File.WriteAllText(path, $"{Totals}\n");
        }
    }

    public void Dispose()
    {
        _duck.Dispose();
        _places.Dispose();
    }
}
