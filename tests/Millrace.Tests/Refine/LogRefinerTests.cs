using System.Buffers;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Tests.Refine;

public sealed class LogRefinerTests : IAsyncDisposable
{
    private const long Minute = 60_000_000;

    private readonly RefinedLog _log = new();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Fact]
    public async Task The_rules_of_an_offset_are_those_of_the_last_control_record_before_it()
    {
        _log.EventBytesMax[1] = 10;
        await _log.AppendAsync(Payload.Ids("1"));
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(1)));
        await _log.AppendAsync(Payload.Ids("2"));
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(2)));
        await _log.AppendAsync(Payload.Ids("2"));

        var rows = _log.Refine();

        rows.Ids.ShouldBe(["1", "2"]);
        rows.Failed.Single().Code.ShouldBe("event_too_large");
        rows.Totals["Failed event_too_large"].ShouldBe(1);
    }

    [Fact]
    public async Task An_event_of_exactly_the_limit_is_stored()
    {
        _log.EventBytesMax[1] = """{"event":"e"}""".Length;
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(1)));
        await _log.AppendAsync(new Payload("""[{"event":"e"},{"event":"ee"}]""", 2));

        _log.Refine().Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 2, ["Stored"] = 1, ["Failed event_too_large"] = 1 },
            ignoreOrder: true);
    }

    [Fact]
    public async Task A_restart_in_the_middle_of_a_segment_finds_the_rules_in_force_there()
    {
        _log.EventBytesMax[1] = 10;
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(1)));
        _log.Refine();
        _log.Commit();
        await _log.AppendAsync(Payload.Ids("1"));

        _log.Restart();

        _log.Refine().Failed.Single().Code.ShouldBe("event_too_large");
    }

    [Fact]
    public async Task The_next_segment_says_which_rules_are_in_force()
    {
        _log.EventBytesMax[1] = 10;
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(1)));
        await _log.AppendAsync(new Payload(new string(' ', 60_000) + "1", 1));
        _log.Refine();
        _log.Commit();
        await _log.AppendAsync(Payload.Ids(new string('x', 8_000)));
        _log.Restart();

        _log.Refine().Failed.Single().Code.ShouldBe("event_too_large");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_segment_with_the_stamp_of_the_one_before_takes_back_what_a_record_between_them_said(
        bool isPrimed)
    {
        _log.EventBytesMax[1] = 10;
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(1)));
        await _log.AppendAsync(Payload.Ids("1"));
        if (isPrimed)
        {
            _log.Refine().Failed.Single().Code.ShouldBe("event_too_large");
            _log.Commit();
        }
        await _log.ReopenAsync(); // with version 0, as the segment before
        await _log.AppendAsync(Payload.Ids("2"));

        _log.Refine().Ids.ShouldBe(["2"]);
        _log.Rows.Failed.Count.ShouldBe(isPrimed ? 0 : 1);
    }

    [Fact]
    public async Task Rules_that_cannot_be_read_at_the_moment_are_looked_up_again()
    {
        _log.StampAtStart = 1;
        _log.EventBytesMax[1] = 10;
        _log.RulesFailure = new IOException("busy");
        await _log.AppendAsync(Payload.Ids("1"));

        Should.Throw<IOException>(() => _log.Refine());

        _log.Refine().Failed.Single().Code.ShouldBe("event_too_large");
    }

    [Fact]
    public async Task Refusals_become_rows_of_their_own_minute()
    {
        var minute = _log.Now / Minute * Minute - Minute;
        await _log.AppendAsync(Payload.Refusals(new Dictionary<RefusalRow, RefusalCount>
        {
            [new RefusalRow(minute, "acme", "web", "/v1/events", 413, "body_too_large")] = new(3, 900),
            [new RefusalRow(minute, "", "", "/v1/batch", 401, "key_unknown")] = new(7, 0),
        }));

        _log.Refine().Counted.ShouldBe(
        [
            new CountedRow(Outcome.Refused, "413 body_too_large", 3, 900)
                { Received = minute, Tenant = "acme", Route = "/v1/events" },
            new CountedRow(Outcome.Refused, "401 key_unknown", 7, 0)
                { Received = minute, Tenant = "", Route = "/v1/batch" },
        ]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("""[{"minute":1}]""")]
    [InlineData("""[{"minute":"x","tenant":"","source":"","route":"","status":1,"code":"","requests":1,"bytes":1}]""")]
    public async Task Refusals_that_cannot_be_read_are_counted_and_passed(string body)
    {
        await _log.AppendAsync(new Payload(body, 0) { Kind = EnvelopeKind.Refusals });
        await _log.AppendAsync(Payload.Ids("1"));

        var rows = _log.Refine();

        rows.Ids.ShouldBe(["1"]);
        rows.Totals.ShouldContainKey("Damaged refusals_malformed");
    }

    [Fact]
    public async Task A_payload_that_is_no_envelope_is_damaged()
    {
        await _log.AppendAsync(new LogEntry { Body = new ReadOnlySequence<byte>([0, 1, 2]), Events = 4 });
        await _log.AppendAsync(Payload.Ids("1"));

        var rows = _log.Refine();

        rows.Counted[1].ShouldBe(new CountedRow(Outcome.Damaged, "envelope_malformed", 4, 0)
            { Received = _log.Now, Tenant = "", Route = "" });
        rows.Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 5, ["Stored"] = 1, ["Damaged envelope_malformed"] = 4 },
            ignoreOrder: true);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 9)]
    public async Task A_newer_envelope_stops_refining_before_anything_is_counted(byte version, byte kind)
    {
        var head = Payload.Envelope(EnvelopeKind.Batch);
        (head[0], head[1]) = (version, kind);
        await _log.AppendAsync(new LogEntry { Head = head, Events = 1 });

        Should.Throw<InvalidDataException>(() => _log.Refine()).Message.ShouldContain("newer Millrace");

        _log.Rows.Counted.ShouldBeEmpty();
    }

    [Fact]
    public async Task Damage_is_counted_in_the_minute_of_the_last_record_before()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        var received = _log.Now;
        var damaged = await _log.AppendAsync(Payload.Ids("2", "3", "4"));
        _log.Time.Advance(TimeSpan.FromMinutes(5));
        await _log.AppendAsync(Payload.Ids("5"));
        Spoil(damaged);

        var rows = _log.Refine();

        rows.Ids.ShouldBe(["1", "5"]);
        rows.Counted.Single(row => row.Outcome == Outcome.Damaged).ShouldBe(
            new CountedRow(Outcome.Damaged, "log_damaged", 3, 0) { Received = received, Tenant = "", Route = "" });
        rows.Totals["Received"].ShouldBe(5);
    }

    [Fact]
    public async Task Damage_before_any_record_is_counted_in_the_minute_in_which_the_segment_was_opened()
    {
        _log.Time.Advance(TimeSpan.FromHours(3));
        var opened = _log.Now;
        Spoil(await _log.AppendAsync(Payload.Ids("1", "2")));

        _log.Refine();

        _log.Rows.Counted.Single(row => row.Outcome == Outcome.Damaged).Received.ShouldBe(opened);
    }

    [Fact]
    public async Task A_control_record_lost_in_damage_is_noticed_once()
    {
        _log.EventBytesMax[1] = 10;
        _log.EventBytesMax[2] = 20;
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(1)));
        Spoil(await _log.AppendAsync(Payload.Control(RefinedLog.Version(2))));
        await _log.AppendAsync(Payload.Ids("1"));
        await _log.AppendAsync(Payload.Ids("2"));

        _log.Refine();

        _log.ControlRecordsLost.ShouldBe(1);
        await _log.AppendAsync(Payload.Control(RefinedLog.Version(2)));
        await _log.AppendAsync(Payload.Ids("3"));
        _log.Refine();
        _log.ControlRecordsLost.ShouldBe(1);
    }

    [Fact]
    public async Task Damage_right_behind_the_position_of_a_restart_has_a_minute_too()
    {
        await _log.AppendAsync(Payload.Ids("1"));
        var received = _log.Now;
        _log.Refine();
        _log.Commit();
        Spoil(await _log.AppendAsync(Payload.Ids("2", "3")));
        await _log.AppendAsync(Payload.Ids("4"));

        _log.Restart();

        _log.Refine().Counted.Single(row => row.Outcome == Outcome.Damaged).Received.ShouldBe(received);
    }

    [Fact]
    public void More_events_can_be_lost_than_a_record_could_hold()
    {
        var rows = new RowList();
        var refiner = new Millrace.Refine.LogRefiner(
            new Millrace.Refine.Refiner(new Millrace.Protocols.ProtocolTable([]), null!, ""),
            _ => Millrace.Refine.RefineRules.Default);

        refiner.Take(new LogDamage(0, 1L << 40, 5_000_000_000, LogDamageKind.MissingSegment), rows);

        rows.Totals.ShouldBe(
            new Dictionary<string, long> { ["Received"] = 5_000_000_000, ["Damaged log_damaged"] = 5_000_000_000 },
            ignoreOrder: true);
    }

    private void Spoil(long offset)
    {
        var segment = LogSegments.List(_log.Disk, "/log").Single(s => s.Base <= offset && offset < s.End);
        using var file = _log.Disk.Open(segment.Path, FileAccess.ReadWrite);
        file.Write([0xff, 0xff, 0xff], SegmentHeader.AreaBytes + offset - segment.Base + 60);
    }
}
