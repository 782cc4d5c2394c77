using Millrace.Log;
using Millrace.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Refine;

public sealed class IdRunsTests : IDisposable
{
    private const ulong Key = 99;
    private const long Hour = 3600L * 1_000_000;
    private const long Day = 24 * Hour;
    private const long Start = 20_000 * Day;

    private readonly ScratchDirectory _folder = new();
    private readonly PosixDisk _disk = new();
    private readonly IdFilterBudget _budget = new();
    private readonly IdRuns _runs = new();

    public void Dispose()
    {
        _runs.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Finds_ids_of_all_its_runs()
    {
        var first = IdRunTests.Entries(100, 1);
        var second = IdRunTests.Entries(100, 2);
        _runs.Add(Run(0, 100, Start, first));
        _runs.Add(Run(100, 200, Start + Hour, second));

        first.Concat(second).ShouldAllBe(entry => Finds(entry.Id, Start + 2 * Hour));
        Finds(1, Start).ShouldBeFalse();
    }

    [Fact]
    public void A_run_counts_until_seven_days_after_its_last_record()
    {
        _runs.Add(Run(0, 100, Start, [new(5, 5, 0)]));

        Finds(new UInt128(5, 5), Start + 7 * Day).ShouldBeTrue();
        Finds(new UInt128(5, 5), Start + 7 * Day + 1).ShouldBeFalse();
    }

    [Fact]
    public void Runs_that_count_no_more_are_dropped()
    {
        _runs.Add(Run(100, 200, Start + Day, [new(6, 6, 0)]));
        var old = Run(0, 100, Start, [new(5, 5, 0)]);
        _runs.Add(old);

        _runs.DropExpired(Start + 7 * Day).ShouldBeEmpty();
        _runs.DropExpired(Start + 7 * Day + 1).ShouldHaveSingleItem().Path.ShouldBe(old.Path);

        _runs.Runs.Count.ShouldBe(1);
        Finds(new UInt128(6, 6), Start + 7 * Day + 1).ShouldBeTrue();
    }

    [Fact]
    public void Runs_that_overlap_are_refused()
    {
        _runs.Add(Run(0, 100, Start, []));
        using var other = Run(96, 200, Start, []);

        Should.Throw<ArgumentException>(() => _runs.Add(other));
    }

    [Fact]
    public void A_merged_run_answers_as_its_inputs_did()
    {
        var entries = Enumerable.Range(0, 5).Select(i => IdRunTests.Entries(500, i)).ToList();
        for (var i = 0; i < entries.Count; i++)
        {
            _runs.Add(Run(i * 1000, i * 1000 + 1000, Start + i * Hour, entries[i]));
        }
        var inputs = _runs.Runs.ToList();

        var path = IdRunWriter.Write(_disk, _folder.Path, IdRuns.Merge(inputs));
        _runs.Replace(inputs, IdRun.Open(path, Key, _budget));

        var merged = _runs.Runs.ShouldHaveSingleItem();
        merged.Range.ShouldBe(new IdRunRange(1, 0, 5000, Start - 10, Start + 4 * Hour));
        merged.Count.ShouldBe(2500);
        merged.Entries().ShouldBe(entries.SelectMany(run => run).Order());
        entries.SelectMany(run => run).ShouldAllBe(entry => Finds(entry.Id, Start + Day));
        inputs.ForEach(run => run.Dispose());
        _budget.BytesLeft.ShouldBe((256L << 20) - IdFilter.Blocks(2500) * IdFilter.BlockBytes);
    }

    [Fact]
    public void Of_an_id_in_two_runs_the_earlier_claim_stays()
    {
        var early = Run(0, 100, Start, [new(5, 5, 8), new(6, 6, 16)]);
        var late = Run(100, 200, Start, [new(5, 5, 108)]);
        _runs.Add(early);
        _runs.Add(late);

        var path = IdRunWriter.Write(_disk, _folder.Path, IdRuns.Merge([late, early]));
        using var merged = IdRun.Open(path, Key, _budget);

        merged.Entries().ShouldBe([new(5, 5, 8), new(6, 6, 16)]);
        merged.TryFind(new UInt128(6, 6), out _).ShouldBeTrue();
    }

    [Fact]
    public void Runs_of_different_days_are_not_merged()
    {
        _runs.Add(Run(0, 100, Start + Day - 1, []));
        _runs.Add(Run(100, 200, Start + Day, []));

        Should.Throw<ArgumentException>(() => IdRuns.Merge([.. _runs.Runs]));
    }

    private bool Finds(UInt128 id, long received) => _runs.TryFind(id, received, out _);

    private IdRun Run(long first, long end, long received, IdEntry[] entries)
    {
        var range = new IdRunRange(1, first, end, received - 10, received);
        var content = new IdRunContent(range, Key, entries.Length, entries);
        return IdRun.Open(IdRunWriter.Write(_disk, _folder.Path, content), Key, _budget);
    }
}
