using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Tests.Iceberg;
using Millrace.Tests.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake;

public sealed class CrashTests : IAsyncLifetime
{
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LakeWorld.OpenAsync(new InstantClock());

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_crash_before_any_change_on_the_disk_loses_nothing_and_doubles_nothing()
    {
        var ids = new List<string>();
        var received = 0;
        for (int crashAt = 1, isOver = 0; isOver == 0; crashAt += 7)
        {
            ids.Add($"{crashAt}");
            received += 2;
            await _world.AppendAsync(Payload.Ids($"{crashAt}", ids[0]));
            await _world.AppendAsync(new Payload("[1]", 1));
            received++;
            _world.Disk.BeforeChange = (number, _) => CrashIf(number >= crashAt);
            isOver = await EndsWellAsync() ? 1 : 0;
        }

        await _world.RunAsync();

        ids.Count.ShouldBeGreaterThan(5);
        await _world.CheckAsync(ids, received);
    }

    [Fact]
    public async Task A_crash_before_the_catalog_commits_leaves_a_run_that_the_next_start_removes()
    {
        await _world.AppendAsync(Payload.Ids("1", "2"));
        _world.Catalog.BeforeCommit = commit => CrashIf(IsLakeCommit(commit));
        (await EndsWellAsync()).ShouldBeFalse();
        Directory.GetFiles(_world.In("ids")).Length.ShouldBe(1);

        var role = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(role);
        Directory.GetFiles(_world.In("ids")).ShouldBeEmpty();
        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(["1", "2"], received: 2);
    }

    [Fact]
    public async Task A_crash_after_the_catalog_committed_commits_nothing_again()
    {
        await _world.AppendAsync(Payload.Ids("1", "2"));
        _world.Catalog.AfterCommit = commit => CrashIf(IsLakeCommit(commit));
        (await EndsWellAsync()).ShouldBeFalse();
        await _world.AppendAsync(Payload.Ids("2", "3"));

        await _world.RunAsync();

        await _world.CheckAsync(["1", "2", "3"], received: 4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_of_unknown_outcome_is_resolved(bool hasTakenEffect)
    {
        var failures = 0;
        void Fail(CatalogCommit commit)
        {
            if (IsLakeCommit(commit) && failures++ == 0)
            {
                throw new CommitUnknownException("lost", new IOException());
            }
        }

        _world.Catalog.BeforeCommit = hasTakenEffect ? null : Fail;
        _world.Catalog.AfterCommit = hasTakenEffect ? Fail : null;
        await _world.AppendAsync(Payload.Ids("1", "2"));
        await _world.RunAsync();
        await _world.AppendAsync(Payload.Ids("1", "3"));
        await _world.RunAsync();

        await _world.CheckAsync(["1", "2", "3"], received: 4);
        (await _world.TableAsync(LakeTable.Events)).Metadata.Snapshots.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_outcome_that_stays_unknown_for_a_while_is_resolved_by_the_next_attempt()
    {
        _world.Catalog.AfterCommit = commit =>
        {
            // From here on nobody can read what the commit did.
            if (IsLakeCommit(commit))
            {
                _world.Catalog.IsUnreadable = true;
                throw new CommitUnknownException("lost", new IOException());
            }
        };
        _world.Options = _world.Options with { CommitBytes = 1 };
        await _world.AppendAsync(Payload.Ids("1"));
        var role = await _world.StartAsync();
        await Until.TrueAsync(() => _world.Catalog.UnreadableAsked > 25);
        _world.Catalog.AfterCommit = null;
        _world.Catalog.IsUnreadable = false;
        await Until.TrueAsync(async () => (await _world.Tables.PositionAsync(_world.Node, default))?.Events == 1);
        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(["1"], received: 1);
    }

    [Theory]
    [InlineData("/lake/")]
    [InlineData("/ids/")]
    public async Task A_store_that_fails_for_a_while_is_waited_for_and_leaves_no_files(string place)
    {
        _world.Options = _world.Options with { CommitBytes = 1 };
        var role = await _world.StartAsync();
        var failures = 0;
        _world.Disk.BeforeChange = (_, path) =>
        {
            if (path.Contains(place) && failures < 30)
            {
                failures++;
                throw new IOException("The disk is full.");
            }
        };
        for (var i = 0; i < 5; i++)
        {
            await _world.AppendAsync(Payload.Ids($"{i}", "same"));
        }
        await Until.TrueAsync(async () => (await _world.Tables.PositionAsync(_world.Node, default))?.Events == 10);
        await LakeWorld.StopAsync(role);

        failures.ShouldBe(30);
        await _world.CheckAsync(["0", "1", "2", "3", "4", "same"], received: 10);
        Directory.GetFiles(_world.In("lake/events/data"), "*", SearchOption.AllDirectories).Order()
            .ShouldBe((await _world.FilesAsync(LakeTable.Events)).Order());
        Directory.GetFiles(_world.In("tmp/lake")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_catalog_that_fails_for_a_while_does_not_make_the_files_again()
    {
        var failures = 0;
        _world.Catalog.BeforeCommit = commit =>
        {
            if (IsLakeCommit(commit) && failures++ < 3)
            {
                throw new IOException("The catalog cannot be written.");
            }
        };
        await _world.AppendAsync(Payload.Ids("1"));
        await _world.RunAsync();

        await _world.CheckAsync(["1"], received: 1);
        Directory.GetFiles(_world.In("lake/events/data"), "*", SearchOption.AllDirectories).Length.ShouldBe(1);
        Directory.GetFiles(_world.In("lake/ledger/data"), "*", SearchOption.AllDirectories).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_disk_with_too_little_room_is_left_alone_until_there_is_more()
    {
        _world.Disk.Room = new Millrace.Log.DiskSpace(FreeBytes: 19, TotalBytes: 1_000);
        var role = await _world.StartAsync();
        await _world.AppendAsync(Payload.Ids("1"));
        await Until.TrueAsync(() => _world.Disk.SpaceAsked >= 3);
        Directory.GetFiles(_world.In("hot/events")).ShouldBeEmpty();

        _world.Disk.Room = null;
        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(["1"], received: 1);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_is_waited_for_and_named_and_costs_no_event()
    {
        var role = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(role);
        _world.Disk.BeforeRead = path =>
        {
            if (path.EndsWith(".seg", StringComparison.Ordinal))
            {
                throw new IOException("Cannot read the segment.");
            }
        };
        await _world.AppendAsync(Payload.Ids("1", "2"));
        await Until.TrueAsync(() => role.Fault is not null);
        role.Fault.ShouldBe("Could not refine the log: Cannot read the segment.");

        _world.Disk.BeforeRead = null;
        await Until.TrueAsync(() => role.Fault is null);
        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(["1", "2"], received: 2);
    }

    [Fact]
    public async Task Of_two_loops_of_one_node_the_second_is_refused()
    {
        await _world.AppendAsync(Payload.Ids("1"));
        var first = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(first);
        var second = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(second);
        await LakeWorld.StopAsync(first);
        await _world.AppendAsync(Payload.Ids("2"));

        await Should.ThrowAsync<StaleChangeException>(() => LakeWorld.StopAsync(second));

        await _world.RunAsync();
        await _world.CheckAsync(["1", "2"], received: 2);
    }

    [Fact]
    public async Task A_loop_whose_committer_ended_ends_at_once()
    {
        _world.Options = _world.Options with { CommitBytes = 1 };
        _world.Catalog.BeforeCommit = commit => CrashIf(IsLakeCommit(commit));
        var role = await _world.StartAsync();
        await _world.AppendAsync(Payload.Ids("1"));

        await Until.TrueAsync(() => role.ExecuteTask!.IsCompleted);

        await Should.ThrowAsync<CrashException>(() => role.ExecuteTask!);
    }

    private static bool IsLakeCommit(CatalogCommit commit) =>
        commit.Swaps.Any(swap => swap.Table.Name == "ledger" && swap.Expected is not null);

    private void CrashIf(bool isTime)
    {
        if (isTime)
        {
            _world.Disk.Crash();
        }
    }

    /// <summary>Runs the role on what is in the log; false if it crashed.</summary>
    private async Task<bool> EndsWellAsync()
    {
        try
        {
            await _world.RunAsync();
            return true;
        }
        catch (CrashException)
        {
            (_world.Disk.BeforeChange, _world.Catalog.BeforeCommit, _world.Catalog.AfterCommit) = (null, null, null);
            _world.Disk.Reset();
            return false;
        }
    }
}
