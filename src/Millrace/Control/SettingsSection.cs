using System.Globalization;
using System.Text.Json;

namespace Millrace.Control;

/// <summary>An object of <c>millrace.json</c> being read: each value is asked for by name, what nobody asked for is an
/// error that names it. A wrong value is an error too, and its default is returned.</summary>
internal sealed class SettingsSection(SettingsNode node, string path, SettingsErrors errors)
{
    private static readonly (string Suffix, long Factor)[] ByteUnits =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("KB", 1_000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("B", 1)];

    private static readonly (string Suffix, long Factor)[] MillisecondUnits =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private readonly HashSet<string> _asked = [];

    public int Line => node.Line;

    public SettingsErrors Errors => errors;

    public SettingsSection Section(string name)
    {
        var found = Find(name);
        if (found is not null && found.Kind != JsonTokenType.StartObject)
        {
            errors.Add(found.Line, $"'{path}{name}' must be an object.");
            found = null;
        }
        return new SettingsSection(found ?? SettingsNode.Missing, $"{path}{name}.", errors);
    }

    /// <summary>The sections of an object whose names are free, such as tenants.</summary>
    public IEnumerable<(string Name, SettingsSection Section)> Sections() =>
        node.Members.Select(member => member.Name).Distinct().ToList().Select(name => (name, Section(name)));

    /// <summary>The objects of an array.</summary>
    public IEnumerable<SettingsSection> Items(string name) => Array(name, JsonTokenType.StartObject, "objects")
        .Select((item, at) => new SettingsSection(item, $"{path}{name}[{at}].", errors));

    public IReadOnlyList<(string Text, int Line)> Texts(string name) =>
        [.. Array(name, JsonTokenType.String, "strings").Select(item => (errors.Expand(item), item.Line))];

    public string? Text(string name) => Find(name) is { } found && Is(found, name, JsonTokenType.String, "a string")
        ? errors.Expand(found) : null;

    public T Choice<T>(string name, T fallback) where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(choice => choice.ToLowerInvariant()).ToArray();
        if (Text(name) is not { } text)
        {
            return fallback;
        }
        if (names.Contains(text))
        {
            return Enum.Parse<T>(text, ignoreCase: true);
        }
        errors.Add(node.Line, $"'{path}{name}' must be one of {string.Join(", ", names)}, not '{text}'.");
        return fallback;
    }

    /// <summary>A count of things, at least 1.</summary>
    public int Count(string name, int fallback) =>
        (int)Number(name, fallback, new Wanted([], 1, int.MaxValue, "a number from 1"));

    /// <summary>A size: a number of bytes, or text such as "128MiB".</summary>
    public long Bytes(string name, long fallback, long min = 1, long max = 1L << 50) =>
        Number(name, fallback,
            new Wanted(ByteUnits, min, max, $"a size from {min} to {max} bytes, such as 1048576 or \"128MiB\""));

    /// <summary>A duration: a number of seconds, or text such as "60s", "5m", "250ms".</summary>
    public TimeSpan Seconds(string name, TimeSpan fallback)
    {
        var wanted = new Wanted(MillisecondUnits, 1, (long)TimeSpan.FromDays(3650).TotalMilliseconds,
            "a duration, such as 60 (seconds) or \"5m\"") { PlainFactor = 1_000 };
        return TimeSpan.FromMilliseconds(Number(name, (long)fallback.TotalMilliseconds, wanted));
    }

    public bool Has(string name)
    {
        _asked.Add(name);
        return node.Members.Exists(member => member.Name == name);
    }

    /// <summary>Says which names nobody asked for, and which stand twice. Call last.</summary>
    public void Finish()
    {
        foreach (var (name, value) in node.Members.Where(member => !_asked.Contains(member.Name)))
        {
            var known = _asked.Count == 0 ? "no keys" : string.Join(", ", _asked.Order(StringComparer.Ordinal));
            errors.Add(value.Line, $"unknown key '{path}{name}'; known here: {known}.");
        }
        foreach (var twice in node.Members.GroupBy(member => member.Name).Where(group => group.Count() > 1))
        {
            errors.Add(twice.Last().Value.Line, $"'{path}{twice.Key}' stands twice.");
        }
    }

    private sealed record Wanted((string Suffix, long Factor)[] Units, long Min, long Max, string Words)
    {
        public long PlainFactor { get; init; } = 1;
    }

    private long Number(string name, long fallback, Wanted wanted)
    {
        var found = Find(name);
        if (found is null)
        {
            return fallback;
        }
        decimal? value = found.Kind switch
        {
            JsonTokenType.Number => Parse(found.Text) * wanted.PlainFactor,
            JsonTokenType.String => WithUnit(errors.Expand(found), wanted),
            _ => null,
        };
        if (value is { } number && number >= wanted.Min && number <= wanted.Max && number == decimal.Truncate(number))
        {
            return (long)number;
        }
        errors.Add(found.Line, $"'{path}{name}' must be {wanted.Words}.");
        return fallback;
    }

    private static decimal? WithUnit(string text, Wanted wanted)
    {
        foreach (var (suffix, factor) in wanted.Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && Parse(text[..^suffix.Length].TrimEnd()) is { } number)
            {
                return number * factor;
            }
        }
        return Parse(text) * wanted.PlainFactor;
    }

    // Bounded, so that no unit can overflow a decimal.
    private static decimal? Parse(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && number < 1_000_000_000_000_000m ? number : null;

    private List<SettingsNode> Array(string name, JsonTokenType kind, string words)
    {
        if (Find(name) is not { } found || !Is(found, name, JsonTokenType.StartArray, $"an array of {words}"))
        {
            return [];
        }
        return found.Items.FindAll(item => Is(item, name, kind, $"an array of {words}"));
    }

    private bool Is(SettingsNode found, string name, JsonTokenType kind, string words)
    {
        if (found.Kind == kind)
        {
            return true;
        }
        errors.Add(found.Line, $"'{path}{name}' must be {words}.");
        return false;
    }

    private SettingsNode? Find(string name)
    {
        _asked.Add(name);
        return node.Members.FindLast(member => member.Name == name).Value;
    }
}
