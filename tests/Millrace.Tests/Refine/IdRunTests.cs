using Millrace.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Refine;

public sealed class IdRunTests : IDisposable
{
    private const ulong Key = 0x0123456789abcdef;
    private const long Day = 24L * 3600 * 1_000_000;
    private static readonly IdRunRange Range = new(0xfeed, 800, 1600, 20_000 * Day, 20_000 * Day + 5);

    private readonly ScratchDirectory _folder = new();
    private readonly RecordingDisk _disk = new();
    private readonly IdFilterBudget _budget = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_of_three_ids_is_these_bytes()
    {
        IdEntry[] entries =
        [
            new(0x0000000100000002, 3, 800), new(0x8000000000000000, 0, 808),
            new(0xffffffffffffffff, 0xfffffffffffffffe, 1592),
        ];

        var bytes = File.ReadAllBytes(Write(Range, entries));

        bytes.Length.ShouldBe(8192 + 32);
        Hex(bytes, 0, 128).ShouldBe(
            "4d494c4c52494453" + "01000000" + "4a615824" + "0300000000000000" + "edfe000000000000"
            + "2003000000000000" + "4006000000000000" + "00002c5a9b230600" + "05002c5a9b230600"
            + "0020000000000000" + "2000000000000000" + "00000000" + "70311cf1" + "efcdab8967452301"
            + new string('0', 64));
        Hex(bytes, 4096, 72).ShouldBe(
            "0200000001000000" + "0300000000000000" + "2003000000000000"
            + "0000000000000080" + "0000000000000000" + "2803000000000000"
            + "ffffffffffffffff" + "feffffffffffffff" + "3806000000000000");
        Hex(bytes, 8192, 32).ShouldBe("0100820001008200054000000109000001000210010800048110000001009000");
        bytes[128..4096].ShouldAllBe(value => value == 0);
        bytes[4168..8176].ShouldAllBe(value => value == 0);
        Hex(bytes, 8176, 16).ShouldBe("27fecac1" + new string('0', 24));
    }

    [Fact]
    public void A_run_is_named_by_its_node_and_range() =>
        Path.GetFileName(Write(Range, [])).ShouldBe("000000000000feed-800-1600.run");

    [Fact]
    public void Everything_is_synced_before_the_name_and_the_name_before_it_returns()
    {
        Write(Range, [new(1, 1, 800)]);

        _disk.Steps.TakeLast(3).ShouldBe(
        [
            "sync 000000000000feed-800-1600.run.tmp",
            "rename 000000000000feed-800-1600.run.tmp 000000000000feed-800-1600.run",
            "sync directory",
        ]);
        _disk.List(_folder.Path).ShouldBe(["000000000000feed-800-1600.run"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(170)]
    [InlineData(171)]
    [InlineData(1000)]
    [InlineData(30_000)]
    public void Finds_every_id_and_no_other(int count)
    {
        var entries = Entries(count, seed: count);
        using var run = IdRun.Open(Write(Range, entries), Key, _budget);

        run.Count.ShouldBe(count);
        foreach (var entry in entries)
        {
            run.TryFind(entry.Id, out var offset).ShouldBeTrue();
            offset.ShouldBe(entry.Offset);
            run.TryFind(entry.Id + 1, out _).ShouldBeFalse();
        }
        run.TryFind(0, out _).ShouldBeFalse();
        run.TryFind(UInt128.MaxValue, out _).ShouldBeFalse();
        run.Entries().ShouldBe(entries);
    }

    [Fact]
    public void Finds_ids_that_are_not_spread_evenly()
    {
        IdEntry[] entries = [.. Enumerable.Range(0, 5000).Select(i => new IdEntry(7, (ulong)i * 3, i * 8))];
        using var run = IdRun.Open(Write(Range, entries), Key, _budget);

        entries.ShouldAllBe(entry => Finds(run, entry));
    }

    [Fact]
    public void The_filter_keeps_nearly_all_strangers_out()
    {
        var blocks = IdFilter.Blocks(10_000);
        var filter = new byte[blocks * IdFilter.BlockBytes];
        var random = new Random(3);
        for (var i = 0; i < 10_000; i++)
        {
            var id = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            IdFilter.Add(filter.AsSpan((int)IdFilter.Block(id, blocks) * IdFilter.BlockBytes, IdFilter.BlockBytes), id);
        }
        var passed = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var id = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            passed += IdFilter.MayHold(
                filter.AsSpan((int)IdFilter.Block(id, blocks) * IdFilter.BlockBytes, IdFilter.BlockBytes), id) ? 1 : 0;
        }

        passed.ShouldBeLessThan(300);
    }

    [Fact]
    public void A_filter_beyond_the_budget_is_read_from_the_file()
    {
        var entries = Entries(1000, seed: 4);
        var path = Write(Range, entries);
        var budget = new IdFilterBudget(IdFilter.Blocks(1000) * IdFilter.BlockBytes + 31);
        using var copied = IdRun.Open(path, Key, budget);
        using var mapped = IdRun.Open(path, Key, budget);

        budget.BytesLeft.ShouldBe(31);
        entries.ShouldAllBe(entry => Finds(copied, entry) && Finds(mapped, entry));

        copied.Dispose();
        mapped.Dispose();
        budget.BytesLeft.ShouldBe(IdFilter.Blocks(1000) * IdFilter.BlockBytes + 31);
    }

    [Fact]
    public void A_run_made_with_another_key_is_refused() =>
        Should.Throw<IdRunException>(() => IdRun.Open(Write(Range, Entries(3, 1)), Key + 1, _budget))
            .Code.ShouldBe("other_key");

    [Fact]
    public void A_run_of_a_newer_version_is_refused()
    {
        var path = Write(Range, Entries(3, 1));
        Change(path, 8, 2);

        Should.Throw<IdRunException>(() => IdRun.Open(path, Key, _budget)).Code.ShouldBe("newer");
    }

    [Fact]
    public void Damage_to_any_byte_of_the_header_or_filter_is_noticed()
    {
        var path = Write(Range, Entries(3, 1));
        foreach (var position in Enumerable.Range(0, 128).Concat(Enumerable.Range(8192, 32)))
        {
            Change(path, position, 0x40);
            Should.Throw<IdRunException>(() => IdRun.Open(path, Key, _budget).Dispose(), $"byte {position}");
            Change(path, position, 0x40);
        }
        _budget.BytesLeft.ShouldBe(256L << 20);
        IdRun.Open(path, Key, _budget).Dispose();
    }

    [Fact]
    public void A_damaged_filter_is_refused_beyond_the_budget_too()
    {
        var path = Write(Range, Entries(3, 1));
        Change(path, 8192, 0x40);

        Should.Throw<IdRunException>(() => IdRun.Open(path, Key, new IdFilterBudget(0))).Code.ShouldBe("damaged");
    }

    [Fact]
    public void A_damaged_page_answers_no_look_up_and_the_others_still_do()
    {
        var entries = Entries(1000, seed: 6);
        var path = Write(Range, entries);
        Change(path, 4096 + 2 * 4096 + 100, 1);
        using var run = IdRun.Open(path, Key, _budget);

        foreach (var (entry, index) in entries.Select((entry, index) => (entry, index)))
        {
            if (index / 170 == 2)
            {
                var damage = Should.Throw<IdRunException>(() => run.TryFind(entry.Id, out _));
                damage.Code.ShouldBe("damaged");
                damage.Message.ShouldContain(path);
            }
        }
        Finds(run, entries[0]).ShouldBeTrue();
        Finds(run, entries[999]).ShouldBeTrue();
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(4096 + 100)]
    [InlineData(8176)]
    public void Damaged_entries_are_noticed_before_they_are_merged(int position)
    {
        var path = Write(Range, Entries(3, 1));
        Change(path, position, 1);
        using var run = IdRun.Open(path, Key, _budget);

        Should.Throw<IdRunException>(() => run.Entries().First()).Code.ShouldBe("damaged");
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        var whole = File.ReadAllBytes(Write(Range, Entries(200, 1)));
        var path = _folder.In("cut.run");
        foreach (var length in new[] { 0, 1, 7, 127, 128, 4095, 4096, 4097, 8192, 12288, whole.Length - 1 })
        {
            File.WriteAllBytes(path, whole[..length]);
            Should.Throw<IdRunException>(() => IdRun.Open(path, Key, _budget).Dispose(), $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(long.MaxValue, 8192, 32)]
    [InlineData(-1, 8192, 32)]
    [InlineData(3, long.MaxValue, 32)]
    [InlineData(3, long.MinValue, 32)]
    [InlineData(3, 4096, 32)]
    [InlineData(3, 8200, 32)]
    [InlineData(3, 8192, 33)]
    [InlineData(3, 8192, 0)]
    [InlineData(3, 8192, long.MaxValue - 31)]
    public void A_header_whose_parts_lie_outside_the_file_is_refused(long count, long filterAt, long filterBytes)
    {
        var header = new IdRunHeader
        {
            Range = Range, KeyCheck = Key, Count = count, FilterAt = filterAt, FilterBytes = filterBytes,
        };
        var bytes = new byte[8192 + 64];
        header.Write(bytes);
        var path = _folder.In("odd.run");
        File.WriteAllBytes(path, bytes);

        Should.Throw<IdRunException>(() => IdRun.Open(path, Key, _budget)).Code.ShouldBe("damaged");
    }

    [Fact]
    public void Entries_out_of_order_are_a_bug_of_the_caller() =>
        Should.Throw<ArgumentException>(() => Write(Range, [new(2, 0, 0), new(2, 0, 8)]));

    [Fact]
    public void More_entries_than_announced_are_a_bug_of_the_caller() =>
        Should.Throw<ArgumentException>(() => IdRunWriter.Write(
            _disk, _folder.Path, new IdRunContent(Range, Key, 2, Entries(3, 1))));

    internal static IdEntry[] Entries(int count, int seed)
    {
        var random = new Random(seed);
        var entries = new IdEntry[count];
        for (var i = 0; i < count; i++)
        {
            entries[i] = new IdEntry(
                (ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(), i * 8);
        }
        Array.Sort(entries);
        return entries;
    }

    private static bool Finds(IdRun run, IdEntry entry) =>
        run.TryFind(entry.Id, out var offset) && offset == entry.Offset;

    private static string Hex(byte[] bytes, int start, int length) => Convert.ToHexStringLower(bytes, start, length);

    private static void Change(string path, int position, byte difference)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[position] ^= difference;
        File.WriteAllBytes(path, bytes);
    }

    private string Write(IdRunRange range, IdEntry[] entries) =>
        IdRunWriter.Write(_disk, _folder.Path, new IdRunContent(range, Key, entries.Length, entries));
}
