using System.CommandLine;

namespace Millrace.Cli;

/// <summary>What <c>millrace demo</c> was told.</summary>
/// <param name="For">How long traffic is sent; null: until it is stopped.</param>
/// <param name="Rate">Events per second.</param>
internal sealed record DemoRequest(TimeSpan? For, double Rate, long Seed, string Http)
{
    public bool Json { get; init; }
}

/// <summary><c>millrace demo</c>: the whole pipeline in a throw-away directory, under realistic traffic.</summary>
internal static class DemoVerb
{
    private const double RateByDefault = 1_000;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "demo", "Start everything in a throw-away directory, send realistic traffic, show what becomes of it.",
            "millrace demo",
            "millrace demo --for 60s --rate 5000 --json");
        var duration = Arguments.Duration("--for", "How long to go on, such as 60s; else until Ctrl-C.");
        var rate = Arguments.Rate("--rate", $"Events per second. Default {RateByDefault:0}.");
        var seed = Arguments.Whole("--seed", "Same seed: the same shops and people. Default 1.", 0);
        var http = Arguments.Text("--http", "HOST:PORT", "Where to listen. Default 127.0.0.1:8080.");
        var json = Verb.Json(
            "sent, accepted, stored, failed, duplicate, dropped, pending, residue, freshness_p99_ms, events_per_second");
        foreach (var option in new Option[] { duration, rate, seed, http, json })
        {
            verb.Add(option);
        }
        verb.SetAction((parsed, stop) => new DemoRun(
            new DemoRequest(
                parsed.GetValue(duration), parsed.GetValue(rate) ?? RateByDefault, parsed.GetValue(seed) ?? 1,
                parsed.GetValue(http) ?? "127.0.0.1:8080")
            {
                Json = parsed.GetValue(json),
            },
            terminal).RunAsync(stop));
        return verb;
    }
}
