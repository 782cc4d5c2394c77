using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class FileSlotsTests
{
    private const long Noon = 500_000 * 24 + 12;

    [Fact]
    public void The_current_hour_and_the_one_before_have_files_of_their_own() =>
        FileSlots.For([Noon, Noon - 1, Noon - 2, Noon + 1, Noon - 3], Noon).ShouldBe(
            [new FileSlot(500_000, null), new FileSlot(500_000, Noon - 1), new FileSlot(500_000, Noon)]);

    [Fact]
    public void The_hour_before_midnight_belongs_to_the_day_before() =>
        FileSlots.For([0, -1, -2, 23], 0).ShouldBe(
            [new FileSlot(-1, null), new FileSlot(-1, -1), new FileSlot(0, null), new FileSlot(0, 0)]);

    [Fact]
    public void Without_a_current_hour_there_is_a_file_a_day() =>
        FileSlots.For([-25, -24, -1, 0, 23, 24], null)
            .ShouldBe([new FileSlot(-2, null), new FileSlot(-1, null), new FileSlot(0, null), new FileSlot(1, null)]);

    [Theory]
    [InlineData(0, null, "year=1970/month=01/day=01")]
    [InlineData(-1, -1L, "year=1969/month=12/day=31/hour=23")]
    [InlineData(19_782, null, "year=2024/month=02/day=29")]
    [InlineData(19_783, 19_783L * 24, "year=2024/month=03/day=01/hour=00")]
    [InlineData(-719_162, null, "year=0001/month=01/day=01")]
    [InlineData(2_932_896, 2_932_896L * 24 + 9, "year=9999/month=12/day=31/hour=09")]
    public void The_folder_is_the_day_and_hour(int day, long? hour, string folder) =>
        new FileSlot(day, hour).Folder.ShouldBe(folder);
}
