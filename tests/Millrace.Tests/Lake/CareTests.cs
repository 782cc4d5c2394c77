using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Tests.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake;

public sealed class CareTests : IAsyncLifetime
{
    /// <summary>Later than any test gives up, so that one that fails ends.</summary>
    private static readonly TimeSpan HangsUntil = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();
    private LakeWorld _world = null!;
    private int _ids;

    public async ValueTask InitializeAsync()
    {
        _world = await LakeWorld.OpenAsync(_time);
        _world.Options = _world.Options with
        {
            CommitBytes = 1, SnapshotsKept = 3, ManifestsMergedAt = 4, ReadersLeaveAfter = TimeSpan.FromMinutes(5),
        };
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_old_snapshots_needed_goes_once_no_reader_can_need_it()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 8);
        var old = (await _world.TableAsync(LakeTable.Events)).Metadata.Snapshots[0];
        var list = _world.Objects.LocalPath(old.ManifestList);
        var hot = Directory.GetFiles(_world.In("hot/events"));
        _time.Advance(_world.Options.ReadersLeaveAfter + TimeSpan.FromSeconds(1));

        // The tenth commit brings the care of the tables; the eleventh begins when that is done.
        await CommitAsync(role, 3);
        (await _world.TableAsync(LakeTable.Events)).Metadata.FindSnapshot(old.Id).ShouldBeNull();
        File.Exists(list).ShouldBeTrue();
        _time.Advance(_world.Options.ReadersLeaveAfter - TimeSpan.FromTicks(1));
        await CommitAsync(role, 2);
        File.Exists(list).ShouldBeTrue();
        _time.Advance(TimeSpan.FromTicks(1));
        await CommitAsync(role, 2);

        File.Exists(list).ShouldBeFalse();
        hot.ShouldAllBe(path => !File.Exists(path));
        await LakeWorld.StopAsync(role);
        await CheckAllAsync();
    }

    [Fact]
    public async Task A_lake_that_waits_for_room_lets_go_of_the_hot_segments_it_has_committed()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 1);
        var hot = Directory.GetFiles(_world.In("hot/events")).ShouldHaveSingleItem();
        _world.Disk.Room = new DiskSpace(FreeBytes: 19, TotalBytes: 1_000);
        await _world.AppendAsync(Payload.Ids($"{_ids++}"));

        await Until.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            return !File.Exists(hot);
        });

        _world.Disk.Room = null;
        await Until.TrueAsync(async () =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            return (await _world.Tables.PositionAsync(_world.Node, default))?.Events == _ids;
        });
        await LakeWorld.StopAsync(role);
        await CheckAllAsync();
    }

    [Fact]
    public async Task Snapshots_of_a_time_when_the_clock_was_ahead_are_not_kept_for_ever()
    {
        var now = _time.GetUtcNow();
        var role = await _world.StartAsync();
        _time.SetClock(new DateTimeOffset(2038, 1, 19, 3, 14, 8, TimeSpan.Zero));
        await CommitAsync(role, 1);
        _time.SetClock(now);
        await CommitAsync(role, 20);
        await LakeWorld.StopAsync(role);

        (await _world.TableAsync(LakeTable.Events)).Metadata.Snapshots.Count.ShouldBe(4);
        await CheckAllAsync();
    }

    [Fact]
    public async Task Manifests_are_merged_and_snapshots_kept_to_their_number()
    {
        var role = await _world.StartAsync();
        for (var i = 0; i < 21; i++)
        {
            await CommitAsync(role, 1);
            _time.Advance(TimeSpan.FromMinutes(6));
        }
        await LakeWorld.StopAsync(role);

        var events = await _world.TableAsync(LakeTable.Events);
        events.Metadata.Snapshots.Count.ShouldBe(4);
        (await _world.Tables.Store.ReadListAsync(events.Metadata.CurrentSnapshot, default)).Count.ShouldBe(2);
        await CheckAllAsync();
    }

    [Fact]
    public async Task Id_runs_are_merged_and_still_know_their_ids_after_a_restart()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 9);
        await _world.AppendAsync(Payload.Ids([.. Enumerable.Range(0, 9).Select(i => $"{i}")]));
        await LakeWorld.StopAsync(role);

        Directory.GetFiles(_world.In("ids")).Length.ShouldBe(2);
        await _world.AppendAsync(Payload.Ids([.. Enumerable.Range(0, 9).Select(i => $"{i}")]));
        await _world.RunAsync();
        await _world.CheckAsync(Enumerable.Range(0, 9).Select(i => $"{i}"), received: 27);
    }

    [Fact]
    public async Task A_merge_of_id_runs_of_which_nobody_knows_whether_it_was_made_is_looked_up()
    {
        var unknown = 0;
        _world.Catalog.AfterCommit = commit =>
        {
            if (commit.SideRows.Any(row => row.Value is null))
            {
                unknown++;
                throw new CommitUnknownException("The answer was lost.", new IOException());
            }
        };
        var role = await _world.StartAsync();
        await CommitAsync(role, 12);
        await LakeWorld.StopAsync(role);

        unknown.ShouldBe(1);
        Directory.GetFiles(_world.In("ids")).Select(Path.GetFileName)
            .ShouldBe((await _world.Catalog.ReadSideAsync("id_runs", default)).Keys, ignoreOrder: true);
        await CheckAllAsync();
    }

    [Theory]
    [InlineData(2, "commit to the lake")]
    [InlineData(0, "care for the lake")]
    public async Task A_step_that_neither_ends_nor_fails_is_named(int tables, string step)
    {
        using var gate = new ManualResetEventSlim();
        var role = await _world.StartAsync();
        await CommitAsync(role, 7);
        using var begun = new SemaphoreSlim(0);
        _world.Catalog.BeforeCommit = commit =>
        {
            if (commit.Swaps.Count == tables)
            {
                begun.Release();
                gate.Wait(HangsUntil);
            }
        };
        await _world.AppendAsync(Payload.Ids($"{_ids++}"));
        (await begun.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        role.Fault.ShouldBeNull();
        _time.Advance(_world.Options.CommitAfter + TimeSpan.FromMinutes(1));

        role.Fault.ShouldNotBeNull().ShouldStartWith($"Has tried to {step} for 3660 s");
        _world.Catalog.BeforeCommit = null;
        gate.Set();
        await LakeWorld.StopAsync(role);
        role.Fault.ShouldBeNull();
        await CheckAllAsync();
    }

    [Fact]
    public async Task Care_that_hangs_is_named_although_the_loop_cares_too()
    {
        using var gate = new ManualResetEventSlim();
        var role = await _world.StartAsync();
        await CommitAsync(role, 7);
        using var begun = new SemaphoreSlim(0);
        _world.Catalog.BeforeCommit = commit =>
        {
            if (commit.Swaps.Count == 0)
            {
                begun.Release();
                gate.Wait(HangsUntil);
            }
        };
        await _world.AppendAsync(Payload.Ids($"{_ids++}"));
        (await begun.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
        var (asked, hot) = (_world.Disk.SpaceAsked, Directory.GetFiles(_world.In("hot/events")));
        _world.Disk.Room = new DiskSpace(FreeBytes: 19, TotalBytes: 1_000);
        await _world.AppendAsync(Payload.Ids($"{_ids++}"));
        // The loop cares between two tries.
        await Until.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _world.Disk.SpaceAsked >= asked + 3;
        });
        _world.Disk.Room = null;
        await Until.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Directory.GetFiles(_world.In("hot/events")).Except(hot).Any(path => path.EndsWith(".parquet"));
        });
        _time.Advance(_world.Options.CommitAfter + TimeSpan.FromMinutes(1));

        await Until.TrueAsync(() => role.Fault?.StartsWith("Has tried to care for the lake", StringComparison.Ordinal)
            is true);
        _world.Catalog.BeforeCommit = null;
        gate.Set();
        await LakeWorld.StopAsync(role);
        role.Fault.ShouldBeNull();
        await CheckAllAsync();
    }

    [Fact]
    public async Task Rows_of_id_runs_that_overlap_are_damage_of_the_catalog()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 1);
        await LakeWorld.StopAsync(role);
        var (name, text) = (await _world.Catalog.ReadSideAsync("id_runs", default)).Single();
        var row = IdRunRow.Read(name, text);
        var files = new IdRunFiles(_world.Catalog, _world.Disk, _world.In("ids"), row.Range.Node);
        (await files.OpenAsync(new HashSet<string>(), default)).Runs.Dispose();
        using (var other = files.Write(row.Range with { First = row.First + 1 }, []))
        {
            await _world.Catalog.CommitAsync(new CatalogCommit([], [IdRunFiles.RowOf(other)]), default);
        }

        role = await _world.StartAsync();
        await Until.TrueAsync(() => role.Fault is not null);

        role.Fault.ShouldNotBeNull().ShouldContain("overlaps another");
        role.ExecuteTask!.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Runs_of_mixed_sizes_are_merged_too()
    {
        var role = await _world.StartAsync();
        for (var i = 0; i < 16; i++)
        {
            await CommitAsync(role, 1, ids: i % 2 == 0 ? 7 : 9);
        }
        await LakeWorld.StopAsync(role);

        Directory.GetFiles(_world.In("ids")).Length.ShouldBe(2);
        await CheckAllAsync();
    }

    [Fact]
    public async Task Runs_beyond_the_window_leave_the_catalog_and_the_disk()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 2);
        _time.Advance(TimeSpan.FromDays(8));
        await CommitAsync(role, 9);
        await LakeWorld.StopAsync(role);

        Directory.GetFiles(_world.In("ids")).Select(Path.GetFileName)
            .ShouldBe((await _world.Catalog.ReadSideAsync("id_runs", default)).Keys, ignoreOrder: true);
        (await _world.Catalog.ReadSideAsync("id_runs", default)).Count.ShouldBe(2);
        await CheckAllAsync();
    }

    [Fact]
    public async Task A_commit_of_damage_alone_forgets_no_ids()
    {
        var offsets = new List<long>();
        for (var i = 0; i < 10; i++)
        {
            offsets.Add(await _world.AppendAsync(Payload.Ids($"{_ids++}")));
        }
        _world.Spoil(offsets[^1]);

        await _world.RunAsync();
        await _world.AppendAsync(Payload.Ids("0"));
        await _world.RunAsync();

        await _world.CheckAsync(Enumerable.Range(0, 9).Select(i => $"{i}"), received: 11);
    }

    [Fact]
    public async Task Care_that_fails_does_not_hold_up_commits()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 1);
        _world.Catalog.BeforeCommit = commit =>
        {
            if (commit.Swaps.Count < 2)
            {
                throw new IOException("Only care commits so little.");
            }
        };

        await CommitAsync(role, 12);

        _world.Catalog.BeforeCommit = null;
        await LakeWorld.StopAsync(role);
        await CheckAllAsync();
    }

    [Fact]
    public async Task What_no_table_names_goes_once_it_is_old_and_no_reader_can_need_it()
    {
        var role = await _world.StartAsync();
        await CommitAsync(role, 1);
        var names = new[] { "lake/events/data/a.parquet", "lake/failed_events/metadata/b-m0.avro" };
        var (old, young) = (names.Select(_world.In).ToArray(), _world.In("lake/events/metadata/c.avro"));
        foreach (var path in old.Append(young))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "left behind");
            var age = _world.Options.OrphansAfter + TimeSpan.FromHours(path == young ? -1 : 1);
            File.SetLastWriteTimeUtc(path, (_time.GetUtcNow() - age).UtcDateTime);
        }
        // The tenth commit brings the care of the tables.
        await CommitAsync(role, 10);
        old.ShouldAllBe(path => File.Exists(path), "a query may have listed them");
        _time.Advance(_world.Options.ReadersLeaveAfter);
        await CommitAsync(role, 2);

        old.ShouldAllBe(path => !File.Exists(path));
        File.Exists(young).ShouldBeTrue();
        _time.Advance(_world.Options.OrphansEvery);
        await CommitAsync(role, 10);
        _time.Advance(_world.Options.ReadersLeaveAfter);
        await CommitAsync(role, 2);
        File.Exists(young).ShouldBeFalse("a day later it is old enough");
        await LakeWorld.StopAsync(role);
        await CheckAllAsync();
    }

    private Task CheckAllAsync() => _world.CheckAsync(Enumerable.Range(0, _ids).Select(i => $"{i}"), received: _ids);

    /// <summary>Commits one after the other.</summary>
    private async Task CommitAsync(LakeRole role, int count, int ids = 1)
    {
        for (var i = 0; i < count; i++)
        {
            var payload = Payload.Ids([.. Enumerable.Range(_ids, ids).Select(id => $"{id}")]);
            _ids += ids;
            await _world.AppendAsync(payload);
            await Until.TrueAsync(async () => role.ExecuteTask!.IsFaulted
                || (await _world.Tables.PositionAsync(_world.Node, default))?.Events == _ids);
            role.ExecuteTask!.IsFaulted.ShouldBeFalse(role.ExecuteTask.Exception?.ToString());
        }
    }
}
