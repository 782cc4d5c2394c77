using System.Text.Json;

namespace Millrace.Integration;

public class DemoTests
{
    private static readonly string[] Keys =
    [
        "sent", "accepted", "stored", "failed", "duplicate", "dropped", "pending", "residue", "freshness_p99_ms",
        "events_per_second",
    ];

    [Fact]
    public async Task The_demo_ends_with_one_object_whose_sums_are_right()
    {
        using var workspace = new Workspace();
        var folder = Directory.CreateDirectory(workspace.In("elsewhere")).FullName;

        var command = MillraceProgram.Command(workspace, "demo", "--for", "10s", "--rate", "1000", "--json");
        var outcome = (await ChildProcess.RunAsync(command with { Directory = folder })).Succeeded();

        using var last = JsonDocument.Parse(outcome.LastLine);
        last.RootElement.EnumerateObject().Select(member => member.Name).ShouldBe(Keys);
        var value = last.RootElement.EnumerateObject()
            .ToDictionary(member => member.Name, member => member.Value.GetDouble());
        value["accepted"].ShouldBe(value["sent"]);
        value["accepted"].ShouldBeGreaterThan(5_000);
        (value["stored"] + value["failed"] + value["duplicate"] + value["dropped"] + value["pending"])
            .ShouldBe(value["accepted"]);
        value["residue"].ShouldBe(0);
        value["pending"].ShouldBe(0);
        value["failed"].ShouldBeGreaterThan(0);
        value["duplicate"].ShouldBeGreaterThan(0);
        value["freshness_p99_ms"].ShouldBeGreaterThan(0);
        Directory.EnumerateFileSystemEntries(folder).ShouldBeEmpty("the demo leaves nothing behind");
    }
}
