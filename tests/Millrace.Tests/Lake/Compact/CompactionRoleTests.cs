using Millrace.Lake;
using Millrace.Tests.Refine;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Lake.Compact;

public sealed class CompactionRoleTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private LakeWorld _world = null!;
    private int _ids;

    public async ValueTask InitializeAsync()
    {
        _world = await LakeWorld.OpenAsync(_time);
        _world.Options = _world.Options with { CommitBytes = 1 };
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_hour_that_is_over_is_compacted_beside_commits_that_go_on()
    {
        var lake = await _world.StartAsync();
        using var role = await _world.StartCompactionAsync(lake);
        await CommitAsync(lake, 3);
        _time.Advance(TimeSpan.FromHours(2));
        await CommitAsync(lake, 1);

        await Until.TrueAsync(async () =>
        {
            _time.Advance(_world.Options.Compaction.LookEvery);
            return (await _world.FilesAsync(LakeTable.Events)).Count == 2;
        });

        await CommitAsync(lake, 2);
        await role.StopAsync(default);
        role.ExecuteTask!.Exception.ShouldBeNull();
        await LakeWorld.StopAsync(lake);
        await _world.CheckAsync(Enumerable.Range(0, _ids).Select(id => $"{id}"), _ids);
    }

    [Fact]
    public async Task A_disk_that_fails_stops_neither_the_role_nor_the_lake()
    {
        var lake = await _world.StartAsync();
        await CommitAsync(lake, 3);
        var failures = 0;
        _world.Disk.BeforeChange = (_, path) =>
        {
            if (path.Contains("compact", StringComparison.Ordinal))
            {
                failures++;
                throw new IOException("No.");
            }
        };
        using var role = await _world.StartCompactionAsync(lake);
        await Until.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromHours(1));
            return failures > 2;
        });
        await CommitAsync(lake, 1);
        _world.Disk.BeforeChange = null;

        await Until.TrueAsync(async () =>
        {
            _time.Advance(TimeSpan.FromHours(1));
            return (await _world.FilesAsync(LakeTable.Ledger)).Any(DataFileName.IsCompacted);
        });

        await role.StopAsync(default);
        await LakeWorld.StopAsync(lake);
        await _world.CheckAsync(Enumerable.Range(0, _ids).Select(id => $"{id}"), _ids);
    }

    private async Task CommitAsync(LakeRole lake, int commits)
    {
        for (var i = 0; i < commits; i++)
        {
            await _world.AppendAsync(Payload.Ids($"{_ids++}"));
            await Until.TrueAsync(async () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return lake.ExecuteTask!.IsCompleted
                    || (await _world.Tables.PositionAsync(_world.Node, default))?.Events == _ids;
            });
        }
    }
}
