namespace Millrace.Integration;

/// <summary>What counts as a promise when the power goes.</summary>
public class AcknowledgedTests
{
    [Fact]
    public async Task A_yes_counts_if_it_was_heard_while_there_was_power()
    {
        var folder = Directory.CreateTempSubdirectory("millrace-acknowledged-").FullName;
        try
        {
            using var acknowledged = new Acknowledged(Path.Combine(folder, "list"));
            var before = acknowledged.Moment;
            acknowledged.TryAdd(["heard"], before).ShouldBeTrue();
            var during = -1;
            await acknowledged.WithoutPowerAsync(
                () => acknowledged.TryAdd(["in the cut"], before).ShouldBeFalse(),
                () =>
                {
                    during = acknowledged.Moment;
                    acknowledged.TryAdd(["asked before, heard without"], before).ShouldBeFalse();
                    acknowledged.TryAdd(["asked without"], during).ShouldBeFalse();
                    return Task.CompletedTask;
                });
            acknowledged.TryAdd(["asked before, heard after"], before).ShouldBeFalse();
            acknowledged.TryAdd(["asked without, heard after"], during).ShouldBeFalse();
            acknowledged.TryAdd(["again"], acknowledged.Moment).ShouldBeTrue();

            acknowledged.Count.ShouldBe(2);
            (await File.ReadAllLinesAsync(acknowledged.Path)).ShouldBe(["heard", "again"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
