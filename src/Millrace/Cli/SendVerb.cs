using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Millrace.Send;

namespace Millrace.Cli;

/// <summary><c>millrace send</c>: files of events to a server, so that doing it twice adds nothing.</summary>
internal static class SendVerb
{
    private const int BatchEventsMax = 10_000;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "send", "Send events from files: NDJSON or JSON arrays, plain or gzip. A re-run adds nothing.",
            "millrace send events.ndjson --key KEY",
            "millrace send 2026-01-*.json.gz --to https://events.example.com --rate 2000",
            "cat events.ndjson | millrace send - --key KEY --json");
        var files = new Argument<string[]>("FILE")
        {
            Description = "Files to send; - is standard input. " +
                "Events without event_id get one from file name, line and text.",
            Arity = ArgumentArity.OneOrMore,
        };
        var to = Arguments.Address("--to", $"The server. Default {Arguments.DefaultServer}.");
        var key = Arguments.Text("--key", "K", $"A write key. Default: the environment's {Arguments.KeyVariable}.");
        var rate = Arguments.Rate("--rate", "Events per second at most.");
        var batch = Arguments.Whole("--batch", "Events in a request. Default 100.", 1);
        var json = Verb.Json("files, events, accepted, refused, retries, seconds, events_per_second");
        verb.Arguments.Add(files);
        foreach (Option option in new Option[] { to, key, rate, batch, json })
        {
            verb.Add(option);
        }
        verb.SetAction((parsed, stop) => RunAsync(
            new SendRequest(parsed.GetValue(files)!, parsed.GetValue(to) ?? Arguments.DefaultServer)
            {
                Key = Arguments.Key(parsed, key, terminal),
                Rate = parsed.GetValue(rate),
                BatchEvents = (int)Math.Min(parsed.GetValue(batch) ?? 100, BatchEventsMax),
                Json = parsed.GetValue(json),
            },
            terminal, stop));
        return verb;
    }

    private static async Task<int> RunAsync(SendRequest request, Terminal terminal, CancellationToken stop)
    {
        foreach (var file in request.Files.Where(file => file != "-" && !File.Exists(file)))
        {
            throw CliError.Usage(
                $"There is no file '{file}'; give the path of an NDJSON or JSON file, or - for standard input.");
        }
        var begin = terminal.Clock.GetTimestamp();
        var bad = new BadLines();
        using var http = EventSender.NewClient();
        var options = new SenderOptions
        {
            Server = request.To,
            OnRefused = refused => bad.Add(new BadLine(refused.Batch.Origin, refused.Batch.Lines[0], refused.Reason)),
        };
        await using var sender = new EventSender(options, http, terminal.Clock, stop);
        using (var progress = new ProgressLine(terminal))
        {
            var run = new FileRun(request, sender, bad, terminal);
            foreach (var file in request.Files)
            {
                await run.SendAsync(file, progress, stop);
            }
            await sender.CompleteAsync();
        }
        Report(request, sender, bad.Count, terminal.Clock.GetElapsedTime(begin), terminal);
        return bad.Count == 0 ? CliError.Done : throw Complaint(bad, terminal);
    }

    private static CliError Complaint(BadLines bad, Terminal terminal)
    {
        var named = bad.First();
        foreach (var line in named)
        {
            terminal.Error.WriteLine($"{line.File}:{line.Number}: {line.Reason}");
        }
        var more = bad.Count > named.Count ? $" ({named.Count} of them are named above)" : "";
        return new CliError(
            $"{bad.Count} events were refused{more}; " +
            "correct them and send again, what was accepted is not added twice.");
    }

    private static void Report(SendRequest request, EventSender sender, long bad, TimeSpan elapsed, Terminal terminal)
    {
        var events = sender.Accepted + bad;
        var seconds = Math.Max(0.001, elapsed.TotalSeconds);
        if (!request.Json)
        {
            terminal.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{sender.Accepted:n0} events accepted by {request.To} in {seconds:0.0} s ({events / seconds:n0}/s)."));
            return;
        }
        terminal.Out.WriteLine(JsonSerializer.Serialize(new
        {
            files = request.Files.Count,
            events,
            accepted = sender.Accepted,
            refused = bad,
            retries = sender.Retries,
            seconds = Math.Round(seconds, 3),
            events_per_second = Math.Round(events / seconds),
        }));
    }
}
