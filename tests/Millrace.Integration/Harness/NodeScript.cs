using Millrace.Tests;

namespace Millrace.Integration;

/// <summary>A script of tests/clients.</summary>
internal static class NodeScript
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/clients");

    public static Command Command(string script, params string[] arguments)
    {
        Directory.Exists(Path.Combine(Folder, "node_modules"))
            .ShouldBeTrue("Run 'npm ci' in tests/clients, as ./test does.");
        return new Command("node", [Path.Combine(Folder, script), .. arguments])
        {
            Directory = Folder,
            Deadline = TimeSpan.FromMinutes(2),
        };
    }

    public static Task<Outcome> RunAsync(string script, params string[] arguments) =>
        ChildProcess.RunAsync(Command(script, arguments));
}
