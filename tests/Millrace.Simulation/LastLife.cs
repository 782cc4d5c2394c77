using Millrace.Lake;
using Millrace.Simulation.Machine;
using Millrace.Simulation.World;

namespace Millrace.Simulation;

/// <summary>The last life of a simulation, without trouble: all that clients still want to say is taken, and all of it
/// committed. Then the power goes once more, and every promise is checked.</summary>
internal sealed class LastLife(Host host, Clients clients, LakeOptions options)
{
    public required OneThread Thread { get; init; }

    public required Random Random { get; init; }

    /// <exception cref="ViolationException">A promise is broken.</exception>
    public void Run()
    {
        host.Totals.Lives++;
        host.Story.Add("process", "starts for the last time", "");
        Live();
        host.CutPower(Random);
        new Verdict(host, clients).CheckAsync().GetAwaiter().GetResult();
    }

    private void Live()
    {
        using var process = new Process(host, Thread, options, new Random(Random.Next()));
        process.Start();
        process.CheckPosition();
        foreach (var batch in clients.Batches.Where(batch => !batch.IsAcknowledged || Random.Next(8) == 0).ToList())
        {
            process.Send(clients, batch);
            process.Threads.FinishLog();
            process.Pump();
        }
        if (clients.Batches.Exists(batch => !batch.IsAcknowledged))
        {
            throw new ViolationException($"The log refuses although its disk is well: {process.Log.Condition}.");
        }
        process.Stop();
        process.CheckPosition();
        if (process.Position()?.Events is { } events && events != process.Log.Synced.Events)
        {
            throw new ViolationException(
                $"The lake stands behind {events} events, the log ends behind {process.Log.Synced.Events}.");
        }
    }
}
