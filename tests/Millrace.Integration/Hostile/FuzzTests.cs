using System.Globalization;
using System.Text.Json;
using Millrace.Tests;

namespace Millrace.Integration.Hostile;

/// <summary>Every target of tests/Millrace.Fuzz for half a minute, from the kept corpus, with the seed of the
/// day.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Targets = ["native", "segment", "record", "body", "log", "avro", "metadata"];

    private static readonly string Program =
        Path.Combine(Repository.Root, "artifacts/bin/Millrace.Fuzz/release/Millrace.Fuzz");

    [Fact]
    public async Task No_target_has_findings()
    {
        var seconds = Environment.GetEnvironmentVariable("MILLRACE_FUZZ_SECONDS") ?? "30";
        var seed = Environment.GetEnvironmentVariable("MILLRACE_SEED")
            ?? DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var findings = Directory.CreateTempSubdirectory("millrace-fuzz-").FullName;

        var outcomes = await Task.WhenAll(Targets.Select(target => ChildProcess.RunAsync(new Command(Program,
        [
            target, "--seconds", seconds, "--seed", seed, "--findings", findings,
            "--corpus", Path.Combine(Repository.Root, "tests/Millrace.Fuzz/corpus", target),
        ])
        {
            Deadline = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture) + 120),
        })));

        foreach (var outcome in outcomes)
        {
            // Inputs that break something stay in the folder that is named.
            outcome.ExitCode.ShouldBe(0, $"MILLRACE_SEED={seed}\n{outcome.Output}\n{outcome.Error}");
            output.WriteLine(outcome.LastLine);
            var report = JsonDocument.Parse(outcome.LastLine).RootElement;
            report.GetProperty("runs").GetInt64().ShouldBeGreaterThan(100);
            report.GetProperty("blocks_hit").GetInt64().ShouldBeGreaterThan(20);
        }
        Directory.Delete(findings, recursive: true);
    }
}
