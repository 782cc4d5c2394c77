using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Millrace.Cli;

/// <summary>Options with values that are numbers, durations or addresses, and say so when they are not.</summary>
internal static class Arguments
{
    /// <summary>Where a server listens unless told otherwise.</summary>
    public static readonly Uri DefaultServer = new("http://127.0.0.1:8080");

    /// <summary>The environment variable that stands in for <c>--key</c>, so that keys stay out of shell
    /// histories.</summary>
    public const string KeyVariable = "MILLRACE_KEY";

    public static Option<long?> Whole(string name, string description, long least) =>
        New<long?>(name, "N", description, $"a whole number of at least {least}", text =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least
                ? value : null);

    public static Option<double?> Rate(string name, string description) =>
        New<double?>(name, "N", description, "a number of events per second above 0", text =>
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) &&
            value > 0 ? value : null);

    /// <summary>A number with a unit: <c>500ms</c>, <c>60s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) =>
        New<TimeSpan?>(name, "D", description, "a number with a unit, such as 500ms, 60s, 5m, 2h or 1d", ParseDuration);

    public static Option<DateTimeOffset?> Instant(string name, string description) =>
        New<DateTimeOffset?>(name, "TIME", description, "a time such as 2026-01-31T12:00:00Z", text =>
            DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value) ? value : null);

    public static Option<Uri?> Address(string name, string description) =>
        New<Uri?>(name, "URL", description, "an address such as http://127.0.0.1:8080", text =>
            Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null);

    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    /// <exception cref="CliError">Neither the option nor the environment holds a key.</exception>
    public static string Key(ParseResult parsed, Option<string?> option, Terminal terminal) =>
        parsed.GetValue(option) is { Length: > 0 } given ? given
        : terminal.Variable(KeyVariable) is { Length: > 0 } inherited ? inherited
        : throw CliError.Usage($"A key is missing: give --key KEY or set {KeyVariable}.");

    private static TimeSpan? ParseDuration(string text)
    {
        var digits = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
        if (digits == 0 || !double.TryParse(
            text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }
        double? seconds = text[digits..] switch
        {
            "ms" => value / 1000,
            "s" => value,
            "m" => value * 60,
            "h" => value * 3600,
            "d" => value * 86_400,
            _ => null,
        };
        return seconds is > 0 and < 1e8 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    private static Option<T?> New<T>(
        string name, string helpName, string description, string wanted, Func<string, T?> parse) => new(name)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = result =>
            {
                var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                var value = parse(text);
                if (value is null)
                {
                    result.AddError($"{name} must be {wanted}, not '{text}'.");
                }
                return value;
            },
        };
}
