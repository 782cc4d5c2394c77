using Millrace.Tests;

namespace Millrace.Integration;

/// <summary>The program under test, as it was built beside the tests, always in a process of its own.</summary>
internal static class MillraceProgram
{
    public static string Path { get; } =
        System.IO.Path.Combine(Repository.Root, "artifacts/bin/Millrace/release/millrace");

    public static Command Command(Workspace workspace, params string[] arguments) =>
        new(Path, arguments) { Directory = workspace.Folder, Environment = workspace.Environment };

    /// <summary>Runs a verb to its end, in the workspace's folder.</summary>
    public static Task<Outcome> RunAsync(Workspace workspace, params string[] arguments) =>
        ChildProcess.RunAsync(Command(workspace, arguments) with { Deadline = TimeSpan.FromMinutes(10) });
}
