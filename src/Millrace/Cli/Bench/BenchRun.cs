using Millrace.Generate;

namespace Millrace.Cli;

/// <summary>One measurement after another, each with a server of its own in a throw-away directory.</summary>
internal sealed class BenchRun(string directory, Terminal terminal, CancellationToken stop)
{
    private const string WriteKey = "write-key-of-millrace-bench-000000001";
    private const string AdminKey = "admin-key-of-millrace-bench-000000001";
    private const int Connections = 64;
    private const int BatchEvents = 100;
    private const int LakeBatches = 3_000;
    private const int QueryRuns = 7;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);
    /// <summary>Seldom: looking is a query, and costs the server that is measured.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Longer than the measurements, so that a machine on which nothing moves ends too.</summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromMinutes(2);

    private readonly TimeProvider _clock = terminal.Clock;

    /// <summary>Every figure by name, in the order in which it was measured.</summary>
    public async Task<List<(string Name, double Value)>> RunAsync()
    {
        var figures = new List<(string, double)>();
        await File.WriteAllTextAsync(Path.Combine(directory, "millrace.json"), $$"""
            {"lake": {"commit_seconds": 1},
             "keys": [{"role": "write", "tenant": "shop", "source": "bench", "value": "{{WriteKey}}"},
                      {"role": "admin", "value": "{{AdminKey}}"}]}
            """, stop);
        Say("the disk: 4 KB appended and synced");
        figures.AddRange(Disk("disk_fdatasync", new DiskProbe(directory, _clock).Run(OverIn(TimeSpan.FromSeconds(3)))));
        var bodies = Bodies();
        await CollectAsync(figures, bodies[0]);
        await LakeAsync(figures, bodies);
        return figures;
    }

    private async Task CollectAsync(List<(string, double)> figures, byte[] batch)
    {
        using var server = await BenchServer.StartAsync(directory, "collect", AdminKey);
        Say("the collector: batches of 100 events");
        figures.AddRange(Closed("collect_batch", server, batch, BatchEvents));
        Say("the collector: single events");
        var single = batch[..Array.IndexOf(batch, (byte)'\n')];
        figures.AddRange(Closed("collect_single", server, single, 1));
        var rate = figures[^2].Item2 / 2;
        Say("the collector: single events on a schedule, at half that rate");
        double[] disk = [];
        var isOver = OverIn(Measured);
        var probe = new Thread(() => disk = new DiskProbe(directory, _clock).Run(isOver));
        probe.Start();
        var load = Load(server, single, isOver, rate);
        probe.Join();
        figures.Add(("answer_rate", load.PerSecond));
        figures.Add(("answer_p50_ms", load.Percentile(0.5)));
        figures.Add(("answer_p99_ms", load.Percentile(0.99)));
        figures.AddRange(Disk("disk_fdatasync_meanwhile", disk));
    }

    private async Task LakeAsync(List<(string, double)> figures, byte[][] bodies)
    {
        Directory.Delete(Path.Combine(directory, "data"), recursive: true);
        using (var server = await BenchServer.StartAsync(directory, "collect", AdminKey))
        {
            Say("the lake: a log of generated events");
            new HttpLoad(new LoadPlan(Events(server), WriteKey, 8, number =>
                number < bodies.Length ? bodies[number] : null), _clock).Run();
        }
        using var lake = await BenchServer.StartAsync(directory, "lake,query", AdminKey);
        Say("the lake: from the log to files");
        var begin = _clock.GetTimestamp();
        var (cpu, before, stored) = (TimeSpan.Zero, 0L, 0L);
        do
        {
            await Task.Delay(LookEvery, _clock, stop);
            stored = await lake.LedgerAsync("stored", stop);
            if (before == 0 && stored > 0)
            {
                // Starting up belongs to nobody's event, so the first commit is not counted.
                (before, cpu) = (stored, lake.Cpu);
            }
        }
        while ((stored == 0 || await lake.LedgerAsync("pending", stop) > 0)
            && _clock.GetElapsedTime(begin) < DrainMax);
        var events = await lake.LedgerAsync("stored", stop) - before;
        figures.Add(("lake_events", events));
        figures.Add(("lake_cpu_us_per_event", (lake.Cpu - cpu).TotalMicroseconds / Math.Max(1, events)));
        Say("questions");
        figures.Add(("query_count_ms", await AskAsync(lake, "SELECT count(*) FROM events")));
        figures.Add(("query_group_ms", await AskAsync(lake,
            "SELECT event, country, count(*), count(DISTINCT device_id) FROM events GROUP BY ALL ORDER BY 3 DESC")));
    }

    private IEnumerable<(string, double)> Closed(string name, BenchServer server, byte[] body, int events)
    {
        Load(server, body, OverIn(WarmUp), null);
        var cpu = server.Cpu;
        var load = Load(server, body, OverIn(Measured), null);
        if (load.Errors > 0)
        {
            throw new CliError($"{load.Errors} requests were refused or lost while {name} was measured.");
        }
        var all = (double)load.Milliseconds.Length * events;
        yield return (name + "_events_per_second", all / load.Elapsed.TotalSeconds);
        yield return (name + "_requests_per_second", load.PerSecond);
        yield return (name + "_cpu_us_per_event", (server.Cpu - cpu).TotalMicroseconds / all);
    }

    private LoadResult Load(BenchServer server, byte[] body, Func<bool> isOver, double? rate)
    {
        stop.ThrowIfCancellationRequested();
        return new HttpLoad(
            new LoadPlan(Events(server), WriteKey, Connections, _ => isOver() ? null : body) { Rate = rate },
            _clock).Run();
    }

    private async Task<double> AskAsync(BenchServer server, string sql)
    {
        var times = new double[QueryRuns];
        for (var run = 0; run < QueryRuns; run++)
        {
            var begin = _clock.GetTimestamp();
            await server.AskAsync(sql, stop);
            times[run] = _clock.GetElapsedTime(begin).TotalMilliseconds;
        }
        Array.Sort(times);
        return Percentiles.Of(times, 0.5);
    }

    private Func<bool> OverIn(TimeSpan duration)
    {
        var begin = _clock.GetTimestamp();
        return () => stop.IsCancellationRequested || _clock.GetElapsedTime(begin) >= duration;
    }

    private byte[][] Bodies()
    {
        var source = new TrafficSource(new TrafficPlan
        {
            Seed = 1, Start = _clock.GetUtcNow(), Events = LakeBatches * BatchEvents, Tenants = 1,
        });
        var bodies = new byte[LakeBatches][];
        for (var at = 0; at < LakeBatches; at++)
        {
            var body = new MemoryStream();
            for (var line = 0; line < BatchEvents && source.TryNext(); line++)
            {
                body.Write(source.Line);
                body.WriteByte((byte)'\n');
            }
            bodies[at] = body.ToArray();
        }
        return bodies;
    }

    private void Say(string what) => terminal.Error.WriteLine($"bench: {what}");

    private static Uri Events(BenchServer server) => new(server.Address, "/v1/events");

    private static IEnumerable<(string, double)> Disk(string name, double[] milliseconds) =>
    [
        (name + "_p50_ms", Percentiles.Of(milliseconds, 0.5)), (name + "_p99_ms", Percentiles.Of(milliseconds, 0.99)),
    ];
}
