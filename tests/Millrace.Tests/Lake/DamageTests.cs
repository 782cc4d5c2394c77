using Millrace.Lake;
using Millrace.Refine;
using Millrace.Tests.Refine;

namespace Millrace.Tests.Lake;

/// <summary>What is durable goes bad under the lake: it says so, goes on where it can, and never doubles or invents a
/// row.</summary>
public sealed class DamageTests : IAsyncLifetime
{
    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LakeWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("header")]
    [InlineData("page")]
    [InlineData("filter")]
    [InlineData("cut")]
    [InlineData("gone")]
    public async Task A_damaged_id_run_is_made_again_from_the_rows(string damage)
    {
        await _world.AppendAsync(Payload.Ids("a", "b", "c"));
        await _world.AppendAsync(new Payload("""[{"event":"without an id"},{"event":""}]""", 2));
        await _world.RunAsync();
        var run = Directory.GetFiles(_world.In("ids")).ShouldHaveSingleItem();
        var bytes = File.ReadAllBytes(run);
        Spoil(run, damage switch
        {
            "header" => 20, "page" => IdRunHeader.PageBytes + 5, "filter" => bytes.Length - 1, _ => -1,
        });
        if (damage == "cut")
        {
            File.WriteAllBytes(run, bytes[..^100]);
        }
        else if (damage == "gone")
        {
            File.Delete(run);
        }

        await _world.AppendAsync(Payload.Ids("c", "a", "d", "b", "d"));
        await _world.RunAsync();

        (await _world.QueryAsync("SELECT event_id FROM events WHERE event_id NOT LIKE '%-%' ORDER BY 1"))
            .Select(row => (string)row[0]!).ShouldBe(["a", "b", "c", "d"]);
        File.Exists(run + ".damaged").ShouldBe(damage != "gone");
        File.ReadAllBytes(run).ShouldBe(bytes, "The run is not what it was.");
        (await _world.QueryAsync("SELECT sum(events)::BIGINT FROM ledger WHERE outcome = 'duplicate'"))
            .Single().ShouldBe([4L]);
    }

    [Fact]
    public async Task A_run_whose_rows_are_damaged_too_stops_the_lake_until_they_are_back()
    {
        await _world.AppendAsync(Payload.Ids("a", "b"));
        await _world.RunAsync();
        File.Delete(Directory.GetFiles(_world.In("ids")).Single());
        var data = (await _world.FilesAsync(LakeTable.Events)).Single();
        var sound = Spoil(data, 100);

        var role = await _world.StartAsync();
        await Until.TrueAsync(() => role.Fault?.Contains(data) == true);
        await _world.AppendAsync(Payload.Ids("a", "c"));
        File.WriteAllBytes(data, sound);
        await LakeWorld.CaughtUpAsync(role);
        role.Fault.ShouldBeNull();
        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(["a", "b", "c"], received: 4);
    }

    [Fact]
    public async Task Rows_of_a_damaged_hot_segment_come_again_from_the_log()
    {
        _world.Options = _world.Options with { CommitBytes = 10_000 };
        var role = await _world.StartAsync();
        await _world.AppendAsync(Payload.Ids("a", "b"));
        await Until.TrueAsync(() => role.IsCaughtUp && Directory.GetFiles(_world.In("hot/events")).Length == 1);
        Spoil(Directory.GetFiles(_world.In("hot/events")).Single(), 200);

        await _world.AppendAsync(Payload.Ids([.. Enumerable.Range(0, 1000).Select(i => $"c{i:D4}")]));
        await Until.TrueAsync(async () => (await _world.Tables.PositionAsync(_world.Node, default))?.Offset > 0);
        await LakeWorld.StopAsync(role);

        await _world.CheckAsync(
            ["a", "b", .. Enumerable.Range(0, 1000).Select(i => $"c{i:D4}")], received: 1002);
    }

    [Theory]
    [InlineData("metadata.json")]
    [InlineData("snap-*.avro")]
    [InlineData("catalog.db")]
    [InlineData("catalog.db gone")]
    [InlineData("catalog.db empty")]
    public async Task The_lake_stands_still_and_says_why_until_it_is_restored(string damage)
    {
        await _world.AppendAsync(Payload.Ids("a"));
        await _world.RunAsync();
        var file = _world.In("catalog.db");
        if (!damage.StartsWith("catalog"))
        {
            var current = await _world.TableAsync(LakeTable.Events);
            file = _world.Objects.LocalPath(damage == "metadata.json"
                ? current.MetadataLocation : current.Metadata.CurrentSnapshot!.ManifestList);
        }
        else
        {
            _world.Checkpoint();
        }
        var sound = Spoil(file, damage == "catalog.db" ? 3 : damage.StartsWith("catalog") ? -1 : 300);
        if (damage.EndsWith("gone"))
        {
            File.Delete(file);
        }
        else if (damage.EndsWith("empty"))
        {
            File.WriteAllBytes(file, []);
        }
        _world.ForgetCatalog();

        _world.Options = _world.Options with { CommitBytes = 1 };
        var role = await _world.StartAsync();
        await _world.AppendAsync(Payload.Ids("b"));
        await Until.TrueAsync(() => role.Fault is not null);
        role.Fault!.ShouldContain(damage.StartsWith("catalog") ? "catalog.db" : Path.GetFileName(file));
        role.ExecuteTask!.IsCompleted.ShouldBeFalse();
        if (damage is "catalog.db gone" or "catalog.db empty")
        {
            await Should.ThrowAsync<LakeStandsException>(() => LakeWorld.StopAsync(role));
            _world.ForgetCatalog();
            Restore(file, sound);
            role = await _world.StartAsync();
        }
        else
        {
            Restore(file, sound);
        }

        await Until.TrueAsync(() => role.Fault is null && role.IsCaughtUp);
        await LakeWorld.StopAsync(role);
        await _world.CheckAsync(["a", "b"], received: 2);
    }

    [Fact]
    public async Task A_role_that_stops_while_it_stands_says_that_it_did_not_drain()
    {
        await _world.AppendAsync(Payload.Ids("a"));
        await _world.RunAsync();
        var metadata = _world.Objects.LocalPath((await _world.TableAsync(LakeTable.Events)).MetadataLocation);
        Spoil(metadata, 300);

        var role = await _world.StartAsync();
        await Until.TrueAsync(() => role.Fault is not null);

        (await Should.ThrowAsync<LakeStandsException>(() => LakeWorld.StopAsync(role)))
            .Message.ShouldContain(Path.GetFileName(metadata));
    }

    [Fact]
    public async Task A_data_file_tells_by_its_name_that_it_is_damaged()
    {
        await _world.AppendAsync(Payload.Ids("a", "b"));
        await _world.RunAsync();
        var data = (await _world.FilesAsync(LakeTable.Events)).Single();
        DataFileName.ChecksumIn(data).ShouldNotBeNull();
        DataFileName.IsSound(data).ShouldBeTrue();

        var bytes = File.ReadAllBytes(data);
        for (var at = 0; at < bytes.Length; at += 7)
        {
            bytes[at] ^= 0x10;
            File.WriteAllBytes(data, bytes);
            DataFileName.IsSound(data).ShouldBeFalse($"byte {at}");
            bytes[at] ^= 0x10;
        }
    }

    /// <summary>Flips a bit, unless the place is negative.</summary>
    /// <returns>The sound bytes.</returns>
    private static byte[] Spoil(string file, int at)
    {
        var sound = File.ReadAllBytes(file);
        if (at >= 0)
        {
            byte[] bytes = [.. sound];
            bytes[at] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        return sound;
    }

    /// <summary>As an operator should: the file in one step, without what SQLite keeps beside it. The role looks again
    /// at any time; a file that is gone for a moment would be made anew, empty.</summary>
    private static void Restore(string file, byte[] sound)
    {
        File.Delete(file + "-wal");
        File.Delete(file + "-shm");
        File.WriteAllBytes(file + ".restored", sound);
        File.Move(file + ".restored", file, overwrite: true);
    }
}
