using System.Text.Json;
using Millrace.Events;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Tests.Refine;

namespace Millrace.Tests.Lake;

public sealed class CommitTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions AsWritten =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private LakeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await LakeWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Values_come_out_as_they_went_in()
    {
        string[] texts =
        [
            "a\0b", "\0", "emoji 👩‍👩‍👧‍👦 ", "quote ' \" ; --", "\u202eright to left", "\ufeff",
            new string('ä', 240_000),
        ];
        foreach (var (text, i) in texts.Select((text, i) => (text, i)))
        {
            await _world.AppendAsync(new Payload(JsonSerializer.Serialize(
                new { @event = "e", event_id = $"{i}", user_id = text, properties = new { text } }, AsWritten), 1));
        }
        await _world.AppendAsync(new Payload("""{"event":"e","event_id":"7","is_bot":false,"latitude":-0.5}""", 1));
        await _world.RunAsync();

        var rows = await _world.QueryAsync(
            "SELECT user_id, properties->>'text' FROM events WHERE event_id <> '7' ORDER BY event_id");

        rows.Select(row => (string)row[0]!).ShouldBe(texts);
        rows.Where((_, i) => i > 1).Select(row => (string)row[1]!).ShouldBe(texts[2..]);
        (await _world.QueryAsync(
            """
            SELECT user_id, anonymous_id, is_bot, latitude, longitude, tenant, source, protocol, type, ip, batch_index,
                client_time, node FROM events WHERE event_id = '7'
            """)).Single().ShouldBe(
            [null, null, false, -0.5, null, "acme", "web", "native", "track", "203.0.113.0", 0, null, _world.Node]);
        await _world.CheckAsync(Enumerable.Range(0, 8).Select(i => $"{i}"), received: 8);
    }

    [Fact]
    public async Task A_commit_is_made_of_so_many_days_because_each_is_a_file()
    {
        _world.Options = _world.Options with { CommitDaysMax = 3 };
        var role = await _world.StartAsync();
        int[] days = [1, 1, 2, 1, 2, 3, 4, 4, 5, 6, 7];
        foreach (var (day, id) in days.Select((day, i) => (day, i)))
        {
            var time = $"1969-12-0{day}T00:00:00Z";
            await _world.AppendAsync(Payload.Segment(
                $$"""{"batch":[{"type":"track","event":"e","messageId":"{{id}}","timestamp":"{{time}}"}]}""", 1,
                "/v1/import"));
        }
        await Until.TrueAsync(async () => (await _world.Tables.PositionAsync(_world.Node, default))?.Events == 10);
        await LakeWorld.StopAsync(role);

        var snapshots = (await _world.TableAsync(LakeTable.Events)).Metadata.Snapshots;
        snapshots.Select(snapshot => snapshot.Summary["added-data-files"]).ShouldBe(["3", "3", "1"]);
        await _world.CheckAsync(Enumerable.Range(0, 11).Select(id => $"{id}"), received: 11);
    }

    [Fact]
    public async Task Every_commit_says_how_far_the_log_is_in_it()
    {
        await _world.AppendAsync(Payload.Ids("1", "2"));
        await _world.RunAsync();
        var first = _world.LastEnd();
        await _world.AppendAsync(Payload.Ids("3"));
        await _world.RunAsync();

        var events = (await _world.TableAsync(LakeTable.Events)).Metadata;

        events.Snapshots.Select(snapshot => snapshot.Summary)
            .Select(s => (s["millrace.position." + _world.Node], s["millrace.events." + _world.Node]))
            .ShouldBe([($"{first}", "2"), ($"{_world.LastEnd()}", "3")]);
        events.Properties["millrace.position." + _world.Node]
            .ShouldBe($"{events.CurrentSnapshot!.SequenceNumber}:{_world.LastEnd()}");
        events.Properties["millrace.events." + _world.Node].ShouldBe("3");
        await _world.CheckAsync(["1", "2", "3"], received: 3);
    }

    [Fact]
    public async Task A_commit_of_duplicates_alone_adds_a_snapshot_without_files()
    {
        await _world.AppendAsync(Payload.Ids("1"));
        await _world.RunAsync();
        await _world.AppendAsync(Payload.Ids("1", "1"));
        await _world.RunAsync();

        await _world.CheckAsync(["1"], received: 3);
        var events = (await _world.TableAsync(LakeTable.Events)).Metadata;
        events.Snapshots.Count.ShouldBe(2);
        events.CurrentSnapshot!.Summary.GetValueOrDefault("added-data-files", "0").ShouldBe("0");
        (await _world.TableAsync(LakeTable.FailedEvents)).Metadata.Snapshots.ShouldBeEmpty();
    }

    [Fact]
    public async Task Failures_alone_leave_events_without_a_snapshot_but_with_a_position()
    {
        await _world.AppendAsync(new Payload("[1,2]", 2));
        await _world.RunAsync();

        await _world.CheckAsync([], received: 2);
        var events = (await _world.TableAsync(LakeTable.Events)).Metadata;
        events.Snapshots.ShouldBeEmpty();
        events.Properties["millrace.position." + _world.Node].ShouldBe($"0:{_world.LastEnd()}");
        (await _world.QueryAsync("SELECT code, payload::VARCHAR, batch_index FROM failed_events ORDER BY ALL"))
            .ShouldBe([["not_an_object", "\\x001", 0], ["not_an_object", "\\x002", 1]]);

        await _world.AppendAsync(new Payload("[3]", 1));
        await _world.AppendAsync(Payload.Ids("1"));
        await _world.RunAsync();
        await _world.CheckAsync(["1"], received: 4);
    }

    [Fact]
    public async Task A_failed_event_keeps_the_envelope_and_what_its_batch_shared()
    {
        var offset = await _world.AppendAsync(Payload.Segment(
            """{"sentAt":"2026-11-22T12:00:00Z","batch":[{"messageId":"1"}]}""", 1));
        await _world.RunAsync();

        var row = (await _world.QueryAsync("SELECT failed_id, stage, envelope FROM failed_events")).Single();

        row[..2].ShouldBe([$"{_world.Node}-{offset}-0", "decode"]);
        Millrace.Events.Envelope.TryRead((byte[])row[2]!, out var envelope).ShouldBe(EnvelopeState.Sound);
        System.Text.Encoding.UTF8.GetString(envelope.Shared).ShouldBe("""{"sentAt":"2026-11-22T12:00:00Z"}""");
        System.Text.Encoding.UTF8.GetString(envelope.Route).ShouldBe("/v1/batch");
    }

    [Fact]
    public async Task The_ledger_has_what_became_of_each_event_and_no_name_where_none_is_known()
    {
        await _world.AppendAsync(Payload.Ids("1", "1"));
        await _world.AppendAsync(new Payload("[1]", 3));
        await _world.AppendAsync(new Millrace.Log.LogEntry { Head = new byte[] { 0 }, Events = 2 });
        await _world.AppendAsync(Payload.Refusals(new Dictionary<RefusalRow, RefusalCount>
        {
            [new RefusalRow(0, "", "", "/v1/events", 401, "key_unknown")] = new(5, 0),
        }));
        await _world.RunAsync();

        (await _world.QueryAsync(
            """
            SELECT tenant, source, route, outcome, reason, sum(events)::BIGINT FROM ledger GROUP BY ALL
            ORDER BY outcome, reason, tenant NULLS FIRST
            """)).ShouldBe(
        [
            ["acme", "web", "/v1/events", "damaged", "count_mismatch", 2L],
            [null, null, null, "damaged", "envelope_malformed", 2L],
            ["acme", "web", "/v1/events", "duplicate", "", 1L],
            ["acme", "web", "/v1/events", "failed", "not_an_object", 1L],
            [null, null, null, "received", "", 2L],
            ["acme", "web", "/v1/events", "received", "", 5L],
            [null, null, "/v1/events", "refused", "401 key_unknown", 5L],
            ["acme", "web", "/v1/events", "stored", "", 1L],
        ]);
    }

    [Fact]
    public async Task Events_lost_right_behind_a_commit_count_as_received()
    {
        await _world.AppendAsync(Payload.Ids("1"));
        await _world.RunAsync();
        _world.Spoil(await _world.AppendAsync(Payload.Ids("2", "3")));
        await _world.RunAsync();

        await _world.CheckAsync(["1"], received: 3);
        (await _world.QueryAsync(
            "SELECT tenant, events FROM ledger WHERE outcome = 'damaged' AND minute > '2000-01-01'")).ShouldBe([[null, 2L]]);
    }

    [Fact]
    public async Task Events_go_to_the_files_of_their_hours_and_days()
    {
        string[] times =
        [
            "1969-12-31T23:30:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:30:00Z", "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59.999999Z", "2024-03-01T00:00:00Z",
        ];
        var events = times.Select((time, i) => $$"""{"type":"page","messageId":"{{i}}","timestamp":"{{time}}"}""");
        await _world.AppendAsync(Payload.Segment($$"""{"batch":[{{string.Join(',', events)}}]}""", 6, "/v1/import"));
        await _world.AppendAsync(Payload.Ids("6"));
        await _world.RunAsync();

        await _world.CheckAsync(Enumerable.Range(0, 7).Select(i => $"{i}"), received: 7);
        var files = await _world.FilesAsync(LakeTable.Events);
        var folders = files.Select(Folder).Order(StringComparer.Ordinal).ToList();
        folders.Take(5).ShouldBe(
        [
            "year=0001/month=01/day=01", "year=1969/month=12/day=31", "year=1970/month=01/day=01",
            "year=2024/month=02/day=29", "year=2024/month=03/day=01",
        ]);
        folders.Count(folder => folder.Contains("/hour=")).ShouldBe(1);
        foreach (var file in await new Planner(_world.Tables.Store).PlanAsync(
            await _world.TableAsync(LakeTable.Events), Predicate.All, default))
        {
            var path = _world.Objects.LocalPath(file.Path);
            _world.Connection.Scalar<int>(
                $"SELECT count(DISTINCT floor(epoch_us(event_time) / 86400e6)) FROM {Sql.Text(path)}").ShouldBe(1);
        }
    }

    private string Folder(string path) =>
        Path.GetRelativePath(_world.In("lake/events/data"), Path.GetDirectoryName(path)!);
}
