using System.CommandLine;

namespace Millrace.Cli;

/// <summary>A command whose help ends with examples to copy.</summary>
internal sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>The switch every verb has, each saying what its object holds.</summary>
    public static Option<bool> Json(string holds) =>
        new("--json") { Description = $"The last line of standard output is one JSON object: {holds}." };
}
