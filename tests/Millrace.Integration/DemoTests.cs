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

    [Fact]
    public async Task A_demo_that_is_stopped_finishes_what_it_began_and_says_what_came_of_it()
    {
        using var workspace = new Workspace();
        var command = MillraceProgram.Command(workspace, "demo", "--rate", "500", "--json", "--http", workspace.Address);
        await using var demo = ChildProcess.Start(command);
        await Eventually.BeTrueAsync(
            () => demo.Error.Contains(" received ", StringComparison.Ordinal) || demo.HasExited);

        demo.Stop();
        var outcome = (await demo.EndAsync(TimeSpan.FromSeconds(60))).Succeeded();

        using var last = JsonDocument.Parse(outcome.LastLine);
        last.RootElement.GetProperty("accepted").GetInt64().ShouldBeGreaterThan(0);
        last.RootElement.GetProperty("pending").GetInt64().ShouldBe(0);
        last.RootElement.GetProperty("residue").GetInt64().ShouldBe(0);
    }
}
