using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Millrace.Generate;
using Millrace.Send;

namespace Millrace.Cli;

/// <summary><c>millrace generate</c>: realistic traffic with known dirt, and what it must come to.</summary>
internal static class GenerateVerb
{
    private const int FileBufferBytes = 256 * 1024;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "generate", "Make realistic traffic with known dirt, and the totals that must come out of it.",
            "millrace generate --events 100000 --to http://127.0.0.1:8080 --key KEY --expect expected.json",
            "millrace generate --for 60s --rate 5000 --tenants 20 --to http://127.0.0.1:8080 --key ADMIN_KEY",
            "millrace generate --events 1000 --seed 7 --out events.ndjson");
        var arguments = new GenerateArguments();
        arguments.AddTo(verb);
        verb.SetAction((parsed, stop) => RunAsync(arguments.Read(parsed, terminal), terminal, stop));
        return verb;
    }

    private static async Task<int> RunAsync(GenerateRequest request, Terminal terminal, CancellationToken stop)
    {
        var begin = terminal.Clock.GetTimestamp();
        var source = new TrafficSource(request.Plan);
        // Opened first: a path that cannot be written should not cost an hour of traffic.
        await using var expect = request.Expect is { } path ? File.Create(path) : Stream.Null;
        var result = request.To is { } server
            ? await SendAsync(request, source, server, terminal, stop)
            : await WriteAsync(request, source, terminal, stop);
        source.Expected.WriteTo(expect, request.Plan, result.TenantName);
        result.Seconds = terminal.Clock.GetElapsedTime(begin).TotalSeconds;
        Report(request, source, result, terminal);
        return result.Refused == 0 ? CliError.Done : CliError.Failed;
    }

    private static async Task<Result> SendAsync(
        GenerateRequest request, TrafficSource source, Uri server, Terminal terminal, CancellationToken stop)
    {
        using var http = EventSender.NewClient();
        var (keys, tenantName) = await KeysAsync(request, server, http, terminal, stop);
        var options = new SenderOptions { Server = server };
        await using var sender = new EventSender(options, http, terminal.Clock, CancellationToken.None);
        using var progress = new ProgressLine(terminal);
        var run = new TrafficRun(source, keys, sender, terminal.Clock);
        await run.SendAsync(
            request.Pace, () => progress.Show(sender.Sent, sender.Sent / (double?)request.Plan.Events), stop);
        return new Result(tenantName, sender.Sent, sender.Accepted, sender.Refused, sender.Retries);
    }

    /// <summary>With an admin key a new write key for each tenant, else the key as it is.</summary>
    private static async Task<(IReadOnlyList<string> Keys, Func<int, string?> TenantName)> KeysAsync(
        GenerateRequest request, Uri server, HttpClient http, Terminal terminal, CancellationToken stop)
    {
        var made = new List<string>();
        var maker = new WriteKeys(server, http, terminal.Clock);
        for (var tenant = 0; tenant < request.Plan.Tenants; tenant++)
        {
            var name = request.TenantName ?? TrafficPlan.TenantName(tenant);
            if (await maker.TryCreateAsync(request.Key, name, stop) is not { } key)
            {
                return request.Plan.Tenants == 1
                    ? ([request.Key], _ => request.TenantName)
                    : throw new CliError(
                        "A write key belongs to one tenant: give an admin key, or leave out --tenants.");
            }
            made.Add(key);
        }
        return (made, tenant => request.TenantName ?? TrafficPlan.TenantName(tenant));
    }

    private static async Task<Result> WriteAsync(
        GenerateRequest request, TrafficSource source, Terminal terminal, CancellationToken stop)
    {
        await using var output = request.Out == "-" ? terminal.OpenOutput() : File.Create(request.Out!);
        await using var buffered = new BufferedStream(output, FileBufferBytes);
        using var progress = new ProgressLine(terminal);
        var begin = terminal.Clock.GetTimestamp();
        var pacer = request.Pace.Rate is { } rate ? new Pacer(rate, terminal.Clock) : null;
        while (!stop.IsCancellationRequested && !(terminal.Clock.GetElapsedTime(begin) >= request.Pace.Duration))
        {
            if (pacer?.IsDue(source.Position) == false)
            {
                await buffered.FlushAsync(CancellationToken.None);
                await pacer.TickAsync(CancellationToken.None);
                continue;
            }
            if (!source.TryNext())
            {
                break;
            }
            buffered.Write(source.Line);
            buffered.WriteByte((byte)'\n');
            if (source.Position % 1024 == 0)
            {
                progress.Show(source.Position, source.Position / (double?)request.Plan.Events);
            }
        }
        return new Result(
            tenant => request.Plan.WritesTenant ? TrafficPlan.TenantName(tenant) : request.TenantName, 0, 0, 0, 0);
    }

    private static void Report(GenerateRequest request, TrafficSource source, Result result, Terminal terminal)
    {
        var perSecond = source.Position / Math.Max(0.001, result.Seconds);
        if (request.Json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(new
            {
                seed = request.Plan.Seed,
                events = source.Position,
                sent = result.Sent,
                accepted = result.Accepted,
                refused = result.Refused,
                retries = result.Retries,
                seconds = Math.Round(result.Seconds, 3),
                events_per_second = Math.Round(perSecond),
            }));
            return;
        }
        var done = request.To is { } server
            ? string.Create(CultureInfo.InvariantCulture, $"{result.Accepted:n0} events accepted by {server}")
            : string.Create(CultureInfo.InvariantCulture, $"{source.Position:n0} events written to {request.Out}");
        terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{done} in {result.Seconds:0.0} s ({perSecond:n0}/s)."));
    }

    /// <param name="TenantName">What the expectation calls the tenant of a number.</param>
    private sealed record Result(Func<int, string?> TenantName, long Sent, long Accepted, long Refused, long Retries)
    {
        public double Seconds { get; set; }
    }
}
