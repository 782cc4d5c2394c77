using System.Diagnostics;
using Millrace.Lake;
using Millrace.Tests.Refine;

namespace Millrace.Tests.Lake;

/// <summary>Rows that go missing between the log and the lake stop the process before a position passes them.</summary>
public sealed class LostRowsTests : IAsyncLifetime
{
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LakeWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Rows_that_memory_does_not_take_stop_the_lake_and_a_restart_reads_them_again()
    {
        const int rows = 100;
        var roomy = _world.Options;
        _world.Options = roomy with { FreshMemoryBytes = 4 << 20 };
        // DuckDB would move rows to its scratch directory: a file in its place lets it not.
        var role = await _world.StartAsync();
        await Until.TrueAsync(() => Directory.Exists(_world.In("tmp/lake")));
        await File.WriteAllTextAsync(
            _world.In("tmp/lake/fresh"), "not a directory", TestContext.Current.CancellationToken);
        await _world.AppendAsync(new Payload(LargeBatch(rows), rows));

        await Until.TrueAsync(() => role.ExecuteTask!.IsCompleted);

        (await Should.ThrowAsync<RowsLostException>(() => role.ExecuteTask!)).Message.ShouldContain("a restart");
        (await _world.Tables.PositionAsync(_world.Node, default)).ShouldBeNull();
        _world.Options = roomy;
        await _world.RunAsync();
        await _world.CheckAsync(Enumerable.Range(0, rows).Select(i => $"{i}"), received: rows);
    }

    [Fact]
    public async Task A_commit_whose_files_hold_fewer_rows_than_were_refined_stops_the_lake_and_leaves_no_file()
    {
        await _world.AppendAsync(Payload.Ids("1", "2", "3"));
        var role = await _world.StartAsync();
        await LakeWorld.CaughtUpAsync(role);
        LoseARow(Directory.GetFiles(_world.In("hot/events")).Single());

        (await Should.ThrowAsync<UnreachableException>(() => LakeWorld.StopAsync(role))).Message.ShouldContain("3 rows");

        (await _world.Tables.PositionAsync(_world.Node, default)).ShouldBeNull();
        Directory.GetFiles(_world.In("lake/events/data"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        await _world.RunAsync();
        await _world.CheckAsync(["1", "2", "3"], received: 3);
    }

    /// <summary>16 MB of random text, so that no compression makes room for it.</summary>
    private static string LargeBatch(int rows)
    {
        var random = new Random(7);
        var text = new byte[8_000_000 / rows];
        return "[" + string.Join(',', Enumerable.Range(0, rows).Select(id =>
        {
            random.NextBytes(text);
            return $$"""{"event":"e","event_id":"{{id}}","user_id":"{{Convert.ToHexStringLower(text)}}"}""";
        })) + "]";
    }

    private void LoseARow(string path)
    {
        _world.Connection.Execute($"COPY (SELECT * FROM '{path}' LIMIT 2) TO '{path}.short' (FORMAT parquet)");
        File.Move(path + ".short", path, overwrite: true);
    }
}
