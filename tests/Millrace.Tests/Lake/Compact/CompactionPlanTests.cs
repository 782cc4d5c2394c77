using Millrace.Iceberg;
using Millrace.Lake;

namespace Millrace.Tests.Lake.Compact;

public sealed class CompactionPlanTests
{
    private const long MicrosPerHour = 3_600_000_000;
    private const long Mega = 1 << 20;
    private const int Day = 20_000;
    private const long Hour = Day * 24L + 7;

    private static readonly CompactionOptions Options = new();
    private static readonly CompactionPlan Plan = new(LakeTable.Events, Options);
    private int _files;

    [Fact]
    public void An_hour_waits_until_it_has_been_over_for_a_while()
    {
        List<DataFile> files = [File(Mega), File(Mega)];
        var over = (Hour + 1) * MicrosPerHour + (long)Options.After.TotalMicroseconds;

        Plan.Jobs(files, over - 1, _ => SlotRest.None).ShouldBeEmpty();
        var job = Plan.Jobs(files, over, _ => SlotRest.None).ShouldHaveSingleItem();

        (job.Slot, job.Inputs.Count, job.SharedFilesMax).ShouldBe((new FileSlot(Day, Hour), 2, 4));
    }

    [Fact]
    public void Files_that_are_good_are_left_alone()
    {
        Jobs(File(64 * Mega), File(64 * Mega), File(300 * Mega)).ShouldBeEmpty();
        Jobs(File(64 * Mega), File(Mega)).ShouldBeEmpty();
        Jobs(File(Mega)).ShouldBeEmpty();
        Jobs(File(64 * Mega), File(Mega), File(2 * Mega)).Single().Inputs.Sum(file => file.SizeBytes).ShouldBe(3 * Mega);
    }

    [Theory]
    [InlineData(4, 1, 3, 2)] // four and a small one: the two least join it, and may be two files
    [InlineData(4, 2, 4, 2)]
    [InlineData(5, 0, 2, 1)]
    [InlineData(7, 0, 4, 1)]
    [InlineData(3, 2, 2, 1)]
    public void Of_too_many_good_files_the_least_are_joined(int good, int loose, int inputs, int filesMax)
    {
        var files = Enumerable.Range(0, good).Select(i => File((100 + i) * Mega))
            .Concat(Enumerable.Range(0, loose).Select(_ => File(Mega))).ToArray();

        var job = Jobs(files).ShouldHaveSingleItem();

        (job.Inputs.Count, job.SharedFilesMax).ShouldBe((inputs, filesMax));
        (good + loose - inputs + filesMax).ShouldBeLessThanOrEqualTo(4);
        job.Inputs.ShouldBe(files.OrderBy(file => file.SizeBytes).Take(inputs), ignoreOrder: true);
    }

    [Fact]
    public void A_file_of_one_tenant_is_good_from_half_the_bytes_on()
    {
        Jobs(File(32 * Mega, tenant: "one"), File(Mega), File(32 * Mega)).Single().Inputs
            .ShouldAllBe(file => !Plan.IsOwn(file));
        Jobs(File(31 * Mega, tenant: "one"), File(Mega)).Single().Inputs.Count.ShouldBe(2);
        // What compaction held to be enough is not looked at again.
        var own = File(20 * Mega, tenant: "one") with { Path = "file:///lake/day=04/hour=07/own-20000-480007-00-00c0ffee.parquet" };
        Jobs(own, File(Mega)).ShouldBeEmpty();
    }

    [Fact]
    public void Late_rows_stay_in_a_file_of_their_day_until_there_are_enough()
    {
        var job = Jobs(Late(Mega), Late(2 * Mega)).ShouldHaveSingleItem();
        (job.Slot, job.IsFolding).ShouldBe((new FileSlot(Day, null), false));

        job = Jobs(Late(40 * Mega), Late(20 * Mega), Late(4 * Mega)).ShouldHaveSingleItem();
        (job.Inputs.Count, job.IsFolding).ShouldBe((3, true));
        // Of one tenant or of many: a late file is no good file.
        Jobs(Late(70 * Mega) with { LowerBounds = OfTenant("one"), UpperBounds = OfTenant("one") })
            .Single().IsFolding.ShouldBeTrue();
        // A single one is looked at once, for copies.
        Jobs(Late(Mega), File(Mega)).Single().Others!.Count.ShouldBe(1);
        Jobs(Late(Mega) with { Path = "file:///lake/day=04/shared-20000-0-00-00c0ffee.parquet" }).ShouldBeEmpty();
    }

    [Fact]
    public void What_was_compacted_lately_rests_unless_it_has_too_many_files()
    {
        List<DataFile> files = [.. Enumerable.Range(0, Options.FilesMax - 1).Select(_ => File(Mega))];
        Plan.Jobs(files, long.MaxValue, slot => slot == new FileSlot(Day, Hour) ? SlotRest.Done : SlotRest.None).ShouldBeEmpty();
        Plan.Jobs(files, long.MaxValue, slot => slot.Hour is null ? SlotRest.Done : SlotRest.None).Count.ShouldBe(1);

        files.Add(File(Mega));

        Plan.Jobs(files, long.MaxValue, _ => SlotRest.Done).Count.ShouldBe(1);
        Plan.Jobs(files, long.MaxValue, _ => SlotRest.Failed).ShouldBeEmpty();
    }

    [Fact]
    public void Several_large_files_of_a_tenant_become_one_unless_compaction_made_them()
    {
        DataFile[] files = [File(40 * Mega, "one"), File(50 * Mega, "one"), File(40 * Mega, "two"), File(Mega)];
        Jobs(files).Single().Inputs.ShouldBe([files[0], files[1], files[3]], ignoreOrder: true);
        Jobs([.. files.Take(2).Select(file => file with
        {
            Path = file.Path.Replace("/n-", "/own-", StringComparison.Ordinal),
        })]).ShouldBeEmpty();
    }

    [Fact]
    public void Files_of_other_engines_are_theirs()
    {
        Jobs(File(Mega) with { Path = "file:///lake/events/data/event_day=2024-10-04/a.parquet" }, File(Mega)).ShouldBeEmpty();
        Jobs(File(Mega) with { SpecId = 1 }, File(Mega), File(Mega) with { Partition = [null] }).ShouldBeEmpty();
    }

    [Fact]
    public void Oldest_first()
    {
        DataFile[] files = [File(Mega), File(Mega), Late(Mega), Late(Mega), Older(File(Mega)), Older(File(Mega))];
        Jobs(files).Select(job => job.Slot).ShouldBe(
            [new FileSlot(Day - 1, Hour - 24), new FileSlot(Day, null), new FileSlot(Day, Hour)]);
    }

    private static IReadOnlyList<CompactionJob> Jobs(params DataFile[] files) =>
        Plan.Jobs(files, long.MaxValue, _ => SlotRest.None);

    private static Dictionary<int, byte[]> OfTenant(string tenant) => new()
    {
        [LakeTable.Events.Schema.Find("tenant")!.Id] = Bounds.String(tenant),
    };

    private static DataFile Older(DataFile file) => file with
    {
        Partition = [Bounds.Int(Day - 1)],
    };

    private DataFile Late(long bytes) => File(bytes) with { Path = $"file:///lake/day=04/n-0-1-{_files++}-00c0ffee.parquet" };

    /// <param name="tenant">Whose all rows are; null: they are of several.</param>
    private DataFile File(long bytes, string? tenant = null)
    {
        return new DataFile
        {
            Path = $"file:///lake/day=04/hour=07/n-0-1-{_files++}-00c0ffee.parquet", RecordCount = 10, SizeBytes = bytes,
            Partition = [Bounds.Int(Day)], LowerBounds = OfTenant(tenant ?? "a"), UpperBounds = OfTenant(tenant ?? "b"),
        };
    }
}
