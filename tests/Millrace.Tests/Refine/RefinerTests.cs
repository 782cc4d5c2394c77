namespace Millrace.Tests.Refine;

public sealed class RefinerTests : IAsyncDisposable
{
    private readonly RefinedLog _log = new();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Fact]
    public async Task Every_event_is_stored_with_its_id_and_time()
    {
        await _log.AppendAsync(new Payload(
            """{"event":"a","event_id":"1","event_time":"2026-11-22T11:59:00Z"}""" + "\n" + """{"event":"b"}""", 2));

        var rows = _log.Refine();

        rows.Stored.Select(row => (row.Event, row.EventTime)).ShouldBe([("a", _log.Now - 60_000_000), ("b", _log.Now)]);
        rows.Totals.ShouldBe(new Dictionary<string, long> { ["Received"] = 2, ["Stored"] = 2 }, ignoreOrder: true);
    }

    [Fact]
    public async Task An_event_without_an_id_gets_its_lineage_and_is_never_a_duplicate()
    {
        var first = await _log.AppendAsync(new Payload("""[{"event":"a"},{"event":"a"}]""", 2));
        var second = await _log.AppendAsync(new Payload("""{"event":"a","event_id":""}""", 1));

        _log.Refine().Ids.ShouldBe(
            [$"{RefinedLog.Node}-{first}-0", $"{RefinedLog.Node}-{first}-1", $"{RefinedLog.Node}-{second}-0"]);
        _log.Claims.Current.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("native", "/v1/events", """["x"]""", "not_an_object", "\"x\"")]
    [InlineData("native", "/v1/events", """[{"event_id":"1"}]""", "missing_event", """{"event_id":"1"}""")]
    [InlineData("native", "/v1/events", """[{"event":"","os":{}}]""", "wrong_type", """{"event":"","os":{}}""")]
    [InlineData("segment", "/v1/batch", """{"batch":[{}]}""", "missing_type", "{}")]
    [InlineData("segment", "/v1/batch", """{"batch":[{"type":"x"}]}""", "unknown_type", """{"type":"x"}""")]
    public async Task What_cannot_be_a_row_fails_with_a_code_and_its_text(
        string protocol, string route, string body, string code, string payload)
    {
        await _log.AppendAsync(new Payload(body, 1) { Protocol = protocol, Route = route });

        var rows = _log.Refine();

        rows.Stored.ShouldBeEmpty();
        rows.Failed.Single().ShouldBe(new FailedRow(0, code, payload, ""));
        rows.Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 1, [$"Failed {code}"] = 1 }, ignoreOrder: true);
    }

    [Fact]
    public async Task The_history_of_one_batch_is_of_366_days_and_what_is_of_others_fails()
    {
        string Call(int day) => $$"""{"type":"track","event":"e","messageId":"{{Guid.NewGuid()}}","timestamp":"{{
            new DateOnly(1960, 1, 1).AddDays(day):yyyy-MM-dd}}T12:00:00Z"}""";
        string Body(IEnumerable<int> days) => $$"""{"batch":[{{string.Join(',', days.Select(Call))}}]}""";
        var days = Enumerable.Range(0, 367).Append(0).ToArray();
        await _log.AppendAsync(Payload.Segment(Body(days), days.Length, "/v1/import"));
        await _log.AppendAsync(Payload.Segment(Body([366]), 1, "/v1/import"));
        await _log.AppendAsync(Payload.Segment(Body(days), days.Length));

        var rows = _log.Refine();

        rows.Failed.ShouldHaveSingleItem().Code.ShouldBe("too_many_days");
        rows.Failed.Single().Index.ShouldBe(366);
        rows.Stored.Count.ShouldBe(367 + 1 + 368);
    }

    [Fact]
    public async Task A_failed_event_claims_no_id_and_keeps_what_its_batch_shared()
    {
        await _log.AppendAsync(Payload.Segment(
            """{"sentAt":"2026-11-22T12:00:00Z","batch":[{"messageId":"1"},{"messageId":"1","type":"page"}]}""", 2));

        var rows = _log.Refine();

        rows.Failed.Single().Shared.ShouldBe("""{"sentAt":"2026-11-22T12:00:00Z"}""");
        rows.Ids.ShouldBe(["1"]);
    }

    [Fact]
    public async Task The_first_of_equal_ids_is_stored_within_a_batch_and_across_batches()
    {
        await _log.AppendAsync(Payload.Ids("1", "1", "2"));
        await _log.AppendAsync(Payload.Ids("2", "3"));

        var rows = _log.Refine();

        rows.Ids.ShouldBe(["1", "2", "3"]);
        rows.Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 5, ["Stored"] = 3, ["Duplicate"] = 2 }, ignoreOrder: true);
    }

    [Fact]
    public async Task Tenants_have_ids_of_their_own()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        await _log.AppendAsync(Payload.Ids("1") with { Tenant = "globex" });
        await _log.AppendAsync(Payload.Ids("1") with { Tenant = "globex" });

        _log.Refine().Stored.Select(row => (row.Tenant, row.Id)).ShouldBe([("acme", "1"), ("globex", "1")]);
    }

    [Fact]
    public async Task An_id_stays_claimed_while_its_generation_is_sealed_but_not_committed()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        _log.Refine();
        _log.Claims.Seal();
        await _log.AppendAsync(Payload.Ids("1", "2"));

        _log.Refine().Ids.ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task An_id_stays_claimed_in_a_run_after_the_commit_and_a_restart()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        _log.Refine();
        _log.Commit();
        await _log.AppendAsync(Payload.Ids("1", "2"));
        _log.Refine().Ids.ShouldBe(["1", "2"]);

        _log.Restart();

        _log.Refine().Ids.ShouldBe(["2"]);
        _log.Rows.Totals["Duplicate"].ShouldBe(1);
    }

    [Fact]
    public async Task An_id_is_free_again_seven_days_after_the_run_that_holds_it()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        _log.Refine();
        _log.Commit();
        _log.Time.Advance(TimeSpan.FromDays(7));
        await _log.AppendAsync(Payload.Ids("1"));
        _log.Refine().Ids.ShouldBe(["1"]);

        _log.Time.Advance(TimeSpan.FromMicroseconds(1));
        await _log.AppendAsync(Payload.Ids("1"));

        _log.Refine().Ids.ShouldBe(["1", "1"]);
    }

    [Fact]
    public async Task Events_that_Collect_counted_and_the_body_does_not_hold_are_damaged()
    {
        await _log.AppendAsync(Payload.Ids("1", "2") with { Events = 5 });

        _log.Refine().Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 5, ["Stored"] = 2, ["Damaged count_mismatch"] = 3 },
            ignoreOrder: true);
    }

    [Fact]
    public async Task Events_beyond_the_count_show_as_a_residue()
    {
        await _log.AppendAsync(Payload.Ids("1", "2") with { Events = 1 });

        _log.Refine().Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 1, ["Stored"] = 2 }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_body_that_is_no_longer_understood_is_damaged_and_reading_goes_on()
    {
        await _log.AppendAsync(new Payload("""[{"event":"a"},""", 2));
        await _log.AppendAsync(Payload.Ids("1"));

        _log.Refine().Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 3, ["Stored"] = 1, ["Damaged invalid_json"] = 2 },
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("amplitude", "/batch")]
    [InlineData("native", "/v9/events")]
    public async Task An_unknown_protocol_or_route_stops_refining_before_anything_is_counted(
        string protocol, string route)
    {
        var offset = await _log.AppendAsync(Payload.Ids("1") with { Protocol = protocol, Route = route });

        Should.Throw<InvalidDataException>(() => _log.Refine()).Message.ShouldContain($"{offset}");

        _log.Rows.Counted.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_history_keeps_a_time_of_long_ago()
    {
        const string Event = """{"batch":[{"type":"page","timestamp":"1969-12-31T23:30:00Z"}]}""";
        await _log.AppendAsync(Payload.Segment(Event, 1, "/v1/import"));
        await _log.AppendAsync(Payload.Segment(Event, 1));

        _log.Refine().Stored.Select(row => row.EventTime)
            .ShouldBe([-1_800_000_000, _log.Now - 30 * 24 * 3600 * 1_000_000L]);
    }

    [Fact]
    public async Task The_clients_address_is_truncated_where_the_client_is_the_device()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        await _log.AppendAsync(Payload.Segment("""{"batch":[{"type":"page"}]}""", 1));

        _log.Refine().Stored.Select(row => row.Ip).ShouldBe(["203.0.113.0", ""]);
    }
}
