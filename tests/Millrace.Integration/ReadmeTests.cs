using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Tests;

namespace Millrace.Integration;

/// <summary>The five minutes of the README, run as they are written; only the port is another.</summary>
public partial class ReadmeTests
{
    private static readonly TimeSpan DeadlineOfBuild = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task The_five_minutes_of_the_readme_work_as_written()
    {
        using var workspace = new Workspace();
        var folder = Directory.CreateDirectory(workspace.In("fresh")).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "millrace"), Path.Combine(Repository.Root, "millrace"));
        var commands = Commands(workspace.Port);
        commands.Count.ShouldBe(5, "the README has changed: look here again");

        var write = Key((await RunAsync(folder, commands[0] + "\necho $WRITE", [])).Succeeded());
        var admin = Key((await RunAsync(folder, commands[1] + "\necho $ADMIN", [])).Succeeded());
        await using var up = ChildProcess.Start(Shell(folder, "exec " + commands[2], []));
        await Eventually.BeTrueAsync(
            () => up.Output.Contains($"millrace ready on {workspace.Url}", StringComparison.Ordinal) || up.HasExited);
        var keys = new Dictionary<string, string?> { ["WRITE"] = write, ["ADMIN"] = admin };
        (await RunAsync(folder, commands[3], keys)).Succeeded().Output.ShouldContain("\"accepted\":1");
        var answer = await Eventually.SeeAsync(
            () => RunAsync(folder, commands[4], keys),
            outcome => outcome.Output.Contains("checkout", StringComparison.Ordinal));

        answer.Output.ShouldContain("9.5");
        up.Stop();
        (await up.EndAsync(TimeSpan.FromSeconds(60))).Succeeded();
        Directory.Exists(Path.Combine(folder, "my-data/lake")).ShouldBeTrue();
    }

    private static List<string> Commands(int port)
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var block = FiveMinutes().Match(readme).Groups["block"].Value;
        return
        [
            .. block.Replace("\\\n", " ", StringComparison.Ordinal)
                .Replace("8080", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'),
        ];
    }

    private static string Key(Outcome outcome)
    {
        var key = KeyValue().Match(outcome.Output);
        key.Success.ShouldBeTrue(outcome.Output);
        return key.Value;
    }

    private static Task<Outcome> RunAsync(string folder, string command, Dictionary<string, string?> environment) =>
        ChildProcess.RunAsync(Shell(folder, command, environment));

    private static Command Shell(string folder, string command, Dictionary<string, string?> environment) =>
        new("bash", ["-c", command]) { Directory = folder, Environment = environment, Deadline = DeadlineOfBuild };

    [GeneratedRegex("## Five minutes\n\n```sh\n(?<block>.*?)```", RegexOptions.Singleline)]
    private static partial Regex FiveMinutes();

    [GeneratedRegex("mr_[wra]_[A-Za-z0-9]{20,}")]
    private static partial Regex KeyValue();
}
