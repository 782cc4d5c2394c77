using System.Globalization;

namespace Millrace.Fuzz;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Target">Its name.</param>
internal sealed record CampaignOptions(string Target)
{
    public TimeSpan Duration { get; private init; } = TimeSpan.FromSeconds(30);

    public int Seed { get; private init; } = Environment.TickCount;

    /// <summary>A folder of inputs to begin with.</summary>
    public string Corpus { get; private init; } = "";

    /// <summary>A folder for the inputs that are worth keeping; null: none.</summary>
    public string? Keep { get; private init; }

    /// <summary>A folder for the inputs that break something.</summary>
    public string Findings { get; private init; } = Path.Combine(Path.GetTempPath(), "millrace-fuzz");

    /// <summary>One input to run instead; null: a campaign.</summary>
    public string? Input { get; private init; }

    /// <exception cref="ArgumentException">What was asked for cannot be understood.</exception>
    public static CampaignOptions Parse(string[] args)
    {
        if (args.Length % 2 == 0)
        {
            throw new ArgumentException("Give a target, and a value for each option.");
        }
        var options = new CampaignOptions(args[0]);
        foreach (var pair in args.Skip(1).Chunk(2))
        {
            options = pair[0] switch
            {
                "--seconds" => options with { Duration = TimeSpan.FromSeconds(Number(pair[1])) },
                "--seed" => options with { Seed = Number(pair[1]) },
                "--corpus" => options with { Corpus = pair[1] },
                "--keep" => options with { Keep = pair[1] },
                "--findings" => options with { Findings = pair[1] },
                "--input" => options with { Input = pair[1] },
                _ => throw new ArgumentException($"There is no option '{pair[0]}'."),
            };
        }
        return options;
    }

    private static int Number(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number)
        ? number : throw new ArgumentException($"'{text}' is no number.");
}
