using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Integration;

/// <summary>SIGKILL where a thread of a program is about to make a system call for the n-th time, by strace.</summary>
/// <remarks>The call itself has no effect any more. strace counts each thread's calls for themselves, and a program
/// that never comes so far lives on. Without strace's seccomp filter, under which it injects no signal.</remarks>
/// <param name="Calls">Names with commas, such as <c>pwrite64,fdatasync</c>.</param>
/// <param name="At">The n, from 1.</param>
internal sealed partial record PlacedKill(string Calls, int At)
{
    /// <summary>Only calls on exactly these files or directories count; none: on any.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Why this machine cannot do it; null: it can.</summary>
    public static string? WhyNot() => File.Exists("/usr/bin/strace") ? null : "There is no strace (Debian: strace).";

    /// <summary>The command with strace around it; the process started is still the program.</summary>
    /// <param name="trace">File that will name the call at which the program was killed.</param>
    public Command Around(Command command, string trace)
    {
        var at = At.ToString(CultureInfo.InvariantCulture);
        return command with
        {
            Program = "strace",
            Arguments =
            [
                "-D", "-f", "-qq", "-y", "-o", trace, "-e", "signal=none", "-e", "status=unfinished",
                .. Paths.SelectMany(path => new[] { "-P", path }),
                "-e", $"trace={Calls}", "-e", $"inject={Calls}:signal=SIGKILL:when={at}",
                command.Program, .. command.Arguments,
            ],
        };
    }

    /// <summary>The file of the call at which the program died; null: the call names none.</summary>
    public static string? LandedOn(string trace) => File.ReadLines(trace)
        .Select(line => CallOnPath().Match(line)).LastOrDefault(match => match.Success)?.Groups[1].Value;

    [GeneratedRegex("""^\d+ +\w+\((?:\d+<|")(/[^>"]+)""")]
    private static partial Regex CallOnPath();
}
