using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake.Compact;

public sealed class CompactionTests : IDisposable
{
    private readonly CompactLake _lake = new();
    private readonly ManualTime _time = new();
    private readonly Compaction _compaction;
    private int _commits;

    public CompactionTests() => _compaction = new Compaction(_lake.Parts, _lake.Options, _time);

    public void Dispose()
    {
        _compaction.Dispose();
        _lake.Dispose();
    }

    [Fact]
    public async Task What_was_compacted_rests_and_is_looked_at_again_when_more_has_come()
    {
        await CommitAsync(2);
        (await RunAsync()).ShouldHaveSingleItem().Compacted!.Files.Count.ShouldBe(1);
        await CommitAsync(1);

        (await RunAsync()).ShouldBeEmpty();
        _time.Advance(_lake.Options.Every);

        var result = (await RunAsync()).ShouldHaveSingleItem();
        (result.Job.Inputs.Count, result.Job.Rows, result.Fault).ShouldBe((2, 30, null));
        _time.Advance(_lake.Options.Every);
        (await RunAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failure_is_told_and_does_not_keep_other_days_from_their_turn()
    {
        await CommitAsync(2);
        await CommitAsync(2, day: 2);
        var first = (await _lake.JobsAsync(LakeTable.FailedEvents, DateTime.MaxValue))[0].Inputs[0];
        File.Delete(_lake.Tables.Store.Objects.LocalPath(first.Path));

        var results = await RunAsync();

        results.Select(result => result.Fault is null).ShouldBe([false, true]);
        results[0].Compacted.ShouldBeNull();
        (await RunAsync()).ShouldBeEmpty("it rests as well");
        (await _lake.FilesAsync(LakeTable.FailedEvents)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Columns_of_others_are_not_lost()
    {
        await CommitAsync(2);
        var change = new TableChange(LakeTable.FailedEvents.TableName).AddColumns([new NewColumn("theirs", FieldType.String)]);
        await new Transaction(_lake.Catalog, _lake.Tables.Store).CommitAsync(new TransactionRequest([change]), default);

        (await RunAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_written_where_there_is_no_room()
    {
        await CommitAsync(2);
        _lake.Disk.Room = new DiskSpace(FreeBytes: 12, TotalBytes: 100);

        await Should.ThrowAsync<IOException>(RunAsync);
        (await _lake.FilesAsync(LakeTable.FailedEvents)).Count.ShouldBe(2);
        _lake.Disk.Room = null;

        (await RunAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_commit_that_comes_between_stays()
    {
        await CommitAsync(2);
        var job = (await _lake.JobsAsync(LakeTable.FailedEvents, DateTime.MaxValue)).Single();
        await CommitAsync(1);

        await _lake.RunAsync(job);

        (await _lake.FilesAsync(LakeTable.FailedEvents)).Select(file => file.RecordCount).Order().ShouldBe([10, 20]);
        Positions.Read((await _lake.TableAsync(LakeTable.FailedEvents)).Metadata, CompactLake.Node).ShouldBe(3);
    }

    private async Task<List<CompactionResult>> RunAsync()
    {
        var results = new List<CompactionResult>();
        await foreach (var result in _compaction.RunAsync(LakeTable.FailedEvents, default))
        {
            results.Add(result);
        }
        return results;
    }

    private async Task CommitAsync(int commits, int day = 1)
    {
        for (var i = 0; i < commits; i++)
        {
            await _lake.CommitAsync(LakeTable.FailedEvents, $"""
                SELECT '{_commits++}-' || i AS failed_id, 'acme' AS tenant,
                    TIMESTAMPTZ '2026-03-0{day} 00:00:00+00' + to_seconds(i) AS received_time FROM range(10) r(i)
                """);
        }
    }
}
