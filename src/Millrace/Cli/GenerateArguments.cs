using System.CommandLine;
using Millrace.Generate;

namespace Millrace.Cli;

/// <summary>The options of <see cref="GenerateVerb"/> and what they mean together.</summary>
internal sealed class GenerateArguments
{
    private const int TenantsMax = 1_000;
    private const int BatchEventsDefault = 100;
    private const int BatchEventsMax = 10_000;

    private readonly Option<long?> _events =
        Arguments.Whole("--events", "Lines in all, second copies and failures included.", 1);
    private readonly Option<TimeSpan?> _for = Arguments.Duration("--for", "How long to go on, such as 60s.");
    private readonly Option<double?> _rate = Arguments.Rate("--rate",
        "Events per second; they happen as they are sent. Without it (and with --events) they are spread over " +
        "the last 24 hours and go as fast as they can.");
    private readonly Option<long?> _seed =
        Arguments.Whole("--seed", "Same seed, start and arguments: same bytes. Default 1.", 0);
    private readonly Option<DateTimeOffset?> _start =
        Arguments.Instant("--start", "The instant that client times are relative to. Default now.");
    private readonly Option<long?> _tenants = Arguments.Whole("--tenants", "How many shops. Default 1.", 1);
    private readonly Option<string?> _tenantName = Arguments.Text("--tenant-name", "T",
        "What the one tenant is called in the expectation (and made as, with an admin key).");
    private readonly Option<long?> _batch = Arguments.Whole("--batch", "Events in a request. Default 100.", 1);
    private readonly Option<Uri?> _to = Arguments.Address("--to", "The server to send to.");
    private readonly Option<string?> _key = Arguments.Text("--key", "K",
        "A write key, or an admin key, which makes a write key for each tenant. " +
        $"Default: the environment's {Arguments.KeyVariable}.");
    private readonly Option<string?> _out =
        Arguments.Text("--out", "FILE", "Write NDJSON to this file instead; - is standard output.");
    private readonly Option<string?> _expect = Arguments.Text("--expect", "FILE",
        "Write the expected totals here: per tenant, hour of client time and event, and what must fail.");
    private readonly Option<bool> _json =
        Verb.Json("seed, events, sent, accepted, refused, retries, seconds, events_per_second");

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[]
            { _events, _for, _rate, _seed, _start, _tenants, _tenantName, _batch, _to, _key, _out, _expect, _json })
        {
            command.Add(option);
        }
    }

    /// <exception cref="CliError">The arguments contradict each other.</exception>
    public GenerateRequest Read(ParseResult parsed, Terminal terminal)
    {
        var (to, output, json) = (parsed.GetValue(_to), parsed.GetValue(_out), parsed.GetValue(_json));
        var (events, duration, rate) = (parsed.GetValue(_events), parsed.GetValue(_for), parsed.GetValue(_rate));
        var tenants = parsed.GetValue(_tenants) ?? 1;
        var tenantName = parsed.GetValue(_tenantName);
        Check(to is null != output is null, "Give either --to URL with --key K, or --out FILE.");
        Check(output is not "-" || !json, "--json and '--out -' both want standard output; give --out a file.");
        Check(events is null || duration is null, "Give --events or --for, not both.");
        Check(
            output is null || events is not null || duration is not null,
            "A file must end: give --events N or --for D.");
        var batch = (int)Math.Min(parsed.GetValue(_batch) ?? BatchEventsDefault, BatchEventsMax);
        Check(tenants <= TenantsMax, $"--tenants must be at most {TenantsMax}.");
        Check(tenantName is null || tenants == 1, "--tenant-name names one tenant; leave it out with --tenants.");
        var plan = new TrafficPlan
        {
            Seed = parsed.GetValue(_seed) ?? 1,
            Start = parsed.GetValue(_start) ?? terminal.Clock.GetUtcNow(),
            Events = events,
            Rate = rate ?? (events is null ? TrafficModel.DefaultRate : null),
            Tenants = (int)tenants,
            WritesTenant = output is not null && tenants > 1,
        };
        return new GenerateRequest(plan, new TrafficPace(plan.Rate, duration, batch))
        {
            TenantName = tenantName,
            To = to,
            Key = to is null ? "" : Arguments.Key(parsed, _key, terminal),
            Out = output,
            Expect = parsed.GetValue(_expect),
            Json = json,
        };
    }

    private static void Check(bool holds, string sentence)
    {
        if (!holds)
        {
            throw CliError.Usage(sentence);
        }
    }
}

/// <summary>What was asked for; exactly one of <see cref="To"/> and <see cref="Out"/> is set.</summary>
internal sealed record GenerateRequest(TrafficPlan Plan, TrafficPace Pace)
{
    public string? TenantName { get; init; }

    public Uri? To { get; init; }

    public string Key { get; init; } = "";

    public string? Out { get; init; }

    public string? Expect { get; init; }

    public bool Json { get; init; }
}
