using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Millrace.Control;
using Millrace.Generate;
using Millrace.Log;
using Millrace.Send;

namespace Millrace.Cli;

/// <summary>A demonstration from start to end: directory, keys, pipeline, traffic, figures, clean-up.</summary>
internal sealed class DemoRun(DemoRequest request, Terminal terminal)
{
    private const int Tenants = 5;

    /// <summary>Short, so that people see files come into the lake while they watch.</summary>
    private const string Settings = """{ "lake": { "commit_seconds": 5 } }""";

    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(60);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var data = Directory.CreateTempSubdirectory("millrace-demo-").FullName;
        try
        {
            var settings = Path.Combine(data, SettingsFile.Name);
            await File.WriteAllTextAsync(settings, Settings, CancellationToken.None);
            var admin = CreateAdminKey(data);
            await using var pipeline = await Pipeline.StartAsync(
                new PipelineOptions
                {
                    Data = data, SettingsFile = settings, Http = request.Http, LogLevel = LogLevel.Warning,
                    Time = terminal.Clock,
                },
                stop);
            using var ended = new CancellationTokenSource();
            var running = pipeline.RunAsync(ended.Token);
            var result = await DemonstrateAsync(new Uri(pipeline.Addresses[0]), admin, stop);
            await ended.CancelAsync();
            await running;
            return result.IsComplete ? CliError.Done : throw new CliError(
                "The demo's ledger does not close: not every accepted event is stored, failed or a duplicate.");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private string CreateAdminKey(string data)
    {
        var directory = DataDirectory.Open(data, new PosixDisk());
        return ControlStore.Open(directory.ControlDatabase, terminal.Clock)
            .CreateKey(new NewKey(KeyRole.Admin, "", "", null)).Value;
    }

    private async Task<DemoResult> DemonstrateAsync(Uri server, string admin, CancellationToken stop)
    {
        using var http = EventSender.NewClient();
        var keys = await CreateWriteKeysAsync(server, http, admin, stop);
        Introduce(server, admin, keys[0]);
        using var figures = new DemoFigures(server, admin, http, terminal.Clock);
        await using var sender = new EventSender(
            new SenderOptions { Server = server, OnAccepted = figures.Accepted }, http, terminal.Clock,
            CancellationToken.None);
        var source = new TrafficSource(new TrafficPlan
        {
            Seed = request.Seed, Start = terminal.Clock.GetUtcNow(), Rate = request.Rate, Tenants = Tenants,
        });
        var begin = terminal.Clock.GetTimestamp();
        using var settled = new CancellationTokenSource();
        var watching = figures.WatchAsync(line => Show(line), settled.Token);
        await new TrafficRun(source, keys, sender, terminal.Clock)
            .SendAsync(new TrafficPace(request.Rate, request.For), () => { }, stop);
        var seconds = terminal.Clock.GetElapsedTime(begin).TotalSeconds;
        var ledger = await figures.SettleAsync(sender.Accepted, SettleMax);
        await settled.CancelAsync();
        await watching;
        var result = new DemoResult(sender.Sent, sender.Accepted, ledger)
        {
            FreshnessP99 = figures.FreshnessP99, EventsPerSecond = sender.Accepted / seconds,
        };
        Conclude(result);
        return result;
    }

    private async Task<List<string>> CreateWriteKeysAsync(
        Uri server, HttpClient http, string admin, CancellationToken stop)
    {
        var maker = new WriteKeys(server, http, terminal.Clock);
        var keys = new List<string>();
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            keys.Add(await maker.TryCreateAsync(admin, TrafficPlan.TenantName(tenant), stop)
                ?? throw new CliError("The server refused the demo's own admin key."));
        }
        return keys;
    }

    private void Introduce(Uri server, string admin, string write)
    {
        const string question = "SELECT event, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC";
        var address = server.AbsoluteUri.TrimEnd('/');
        terminal.Out.WriteLine($"""
            Millrace is up on {address}   (events, SQL, /metrics, /readyz)
              write key of {TrafficPlan.TenantName(0)}: {write}
              admin key:            {admin}
            Ask it something in another terminal:
              ./millrace sql --to {address} --key {admin} -c "{question}"
            """);
    }

    private void Show(string line)
    {
        if (terminal.IsInteractive)
        {
            terminal.Error.Write($"\r{line,-118}");
            terminal.Error.Flush();
        }
        else
        {
            terminal.Error.WriteLine(line);
        }
    }

    private void Conclude(DemoResult result)
    {
        if (terminal.IsInteractive)
        {
            terminal.Error.WriteLine();
        }
        if (request.Json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(result.ToJson()));
            return;
        }
        var ledger = result.Ledger;
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {result.Accepted:n0} events accepted at {result.EventsPerSecond:n0}/s: {ledger.Stored:n0} stored,
            {ledger.Failed:n0} failed, {ledger.Duplicate:n0} duplicates, {ledger.Pending:n0} pending.
            The ledger's residue is {ledger.Residue}.
            99 of 100 were queryable {result.FreshnessP99.TotalMilliseconds:n0} ms after their answer, or sooner.
            """));
    }
}
