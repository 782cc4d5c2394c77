using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Tests;

namespace Millrace.Integration.Hostile;

/// <summary>A well-behaved client in a process of its own (<c>Millrace.Bench post</c>), 100 events a second on a
/// schedule: what the attackers' process is late with is not in its figures.</summary>
internal sealed class PacedClient(Target target, int seconds)
{
    private const string Rate = "100";
    private const string Connections = "4";

    /// <summary>Beside the client a disk is probed; not the one with the log.</summary>
    private const string Memory = "/dev/shm";

    private static readonly string Program =
        Path.Combine(Repository.Root, "artifacts/bin/Millrace.Bench/release/Millrace.Bench");

    private int _runs;

    /// <summary>Sends for the time; fails the test if anything was not accepted.</summary>
    public async Task<PacedAnswers> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-client-").FullName;
        var probed = Directory.CreateDirectory(Path.Combine(Memory, Path.GetFileName(folder))).FullName;
        try
        {
            var events = Path.Combine(folder, "events.json");
            // The client counts in the last digits; the first tell the runs apart, or the later ones were duplicates.
            await File.WriteAllTextAsync(events, string.Create(CultureInfo.InvariantCulture,
                $$$"""[{"event":"good","event_id":"{{{++_runs:x8}}}-0000-4000-8000-000000000000","properties":{"n":1.5}}]"""));
            var time = seconds.ToString(CultureInfo.InvariantCulture);
            var outcome = await ChildProcess.RunAsync(new Command(
                Program,
                ["post", target.Url + "/v1/events", Workspace.WriteKey, events, Rate, time, Connections, probed])
            {
                Deadline = TimeSpan.FromSeconds(seconds) + TimeSpan.FromMinutes(1),
            });
            var answers = JsonSerializer.Deserialize<PacedAnswers>(outcome.Succeeded().Output)!;
            answers.Errors.ShouldBe(0);
            target.Count(answers.Requests);
            return answers;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(probed, recursive: true);
        }
    }
}

/// <summary>Times in milliseconds, from when a request was due.</summary>
internal sealed record PacedAnswers(
    [property: JsonPropertyName("requests")] long Requests, [property: JsonPropertyName("errors")] long Errors,
    [property: JsonPropertyName("p50")] double P50, [property: JsonPropertyName("p99")] double P99);
