using Millrace.Refine;

namespace Millrace.Tests.Refine;

public sealed class RecentIdsTests
{
    [Fact]
    public void The_first_event_has_an_id_and_a_second_does_not_get_it()
    {
        var ids = new RecentIds(capacity: 10);

        ids.TryClaim(5, offset: 800, index: 3).ShouldBeTrue();
        ids.TryClaim(5, offset: 800, index: 4).ShouldBeFalse();
        ids.TryClaim(5, offset: 808, index: 3).ShouldBeFalse();

        ids.TryFind(5, out var offset, out var index).ShouldBeTrue();
        (offset, index).ShouldBe((800, 3));
    }

    [Fact]
    public void Refining_the_same_event_again_keeps_its_claim()
    {
        var ids = new RecentIds(capacity: 10);
        ids.TryClaim(5, 800, 0);

        ids.TryClaim(5, 800, 0).ShouldBeTrue();

        ids.Count.ShouldBe(1);
    }

    [Fact]
    public void Agrees_with_a_dictionary_while_it_grows()
    {
        var random = new Random(1);
        var ids = new RecentIds(capacity: 20_000);
        var expected = new Dictionary<UInt128, long>();
        for (var offset = 0L; offset < 40_000; offset++)
        {
            // Ids that share their low bits meet in the table.
            var id = new UInt128((ulong)random.Next(200), (ulong)random.Next(100) << 40);
            ids.TryClaim(id, offset, 0).ShouldBe(expected.TryAdd(id, offset));
        }

        ids.Count.ShouldBe(expected.Count);
        foreach (var (id, offset) in expected)
        {
            ids.TryFind(id, out var found, out _).ShouldBeTrue();
            found.ShouldBe(offset);
        }
        ids.TryFind(UInt128.MaxValue, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Takes_no_more_than_its_capacity()
    {
        var ids = new RecentIds(capacity: 2);
        ids.TryClaim(1, 0, 0);
        ids.TryClaim(2, 0, 1);

        ids.IsFull.ShouldBeTrue();
        ids.TryClaim(2, 0, 9).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => ids.TryClaim(3, 0, 2));
    }

    [Fact]
    public void Sealed_it_answers_and_takes_nothing_until_it_is_cleared()
    {
        var ids = new RecentIds(capacity: 10);
        ids.TryClaim(1, 8, 0);
        ids.Seal();

        ids.TryFind(1, out _, out _).ShouldBeTrue();
        Should.Throw<InvalidOperationException>(() => ids.TryClaim(2, 8, 1));

        ids.Clear();
        ids.TryFind(1, out _, out _).ShouldBeFalse();
        ids.TryClaim(1, 16, 0).ShouldBeTrue();
    }

    [Fact]
    public void Claiming_allocates_nothing_once_the_table_has_grown()
    {
        var ids = new RecentIds(capacity: 5000);
        for (var i = 0UL; i < 5000; i++)
        {
            ids.TryClaim(new UInt128(i, i * 977), 0, 0);
        }
        ids.Clear();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0UL; i < 5000; i++)
        {
            ids.TryClaim(new UInt128(i, i * 977), 0, 0);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Sorted_gives_the_ids_in_unsigned_order()
    {
        var ids = new RecentIds(capacity: 10);
        ids.TryClaim(new UInt128(ulong.MaxValue, 1), 24, 0);
        ids.TryClaim(new UInt128(1, ulong.MaxValue), 8, 0);
        ids.TryClaim(new UInt128(1, 2), 16, 0);

        ids.Sorted().ShouldBe(
            [new IdEntry(1, 2, 16), new IdEntry(1, ulong.MaxValue, 8), new IdEntry(ulong.MaxValue, 1, 24)]);
    }
}
