using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary><c>millrace bench</c>: what this machine makes of Millrace, in about two minutes.</summary>
internal static class BenchVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "bench", "Measure collector, lake, queries and disk of this machine, in a throw-away directory.",
            "millrace bench",
            "millrace bench --directory /srv/events --json");
        var place = Arguments.Text(
            "--directory", "DIR", "On the disk to be measured; else the directory for temporary files.");
        var json = Verb.Json("every figure by name; times in the unit at the name's end");
        verb.Add(place);
        verb.Add(json);
        verb.SetAction((parsed, stop) => RunAsync(parsed.GetValue(place), parsed.GetValue(json), terminal, stop));
        return verb;
    }

    private static async Task<int> RunAsync(string? place, bool asJson, Terminal terminal, CancellationToken stop)
    {
        var directory = place is null ? Directory.CreateTempSubdirectory("millrace-bench-").FullName
            : Directory.CreateDirectory(Path.Combine(place, $"millrace-bench-{Environment.ProcessId}")).FullName;
        try
        {
            var figures = await new BenchRun(directory, terminal, stop).RunAsync();
            if (asJson)
            {
                terminal.Out.WriteLine(JsonSerializer.Serialize(
                    figures.ToDictionary(figure => figure.Name, figure => Math.Round(figure.Value, 3))));
                return CliError.Done;
            }
            foreach (var (name, value) in figures)
            {
                var shown = value.ToString(value < 100 ? "0.000" : "n0", CultureInfo.InvariantCulture);
                terminal.Out.WriteLine($"{name.Replace('_', ' '),-40} {shown,14}");
            }
            return CliError.Done;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
