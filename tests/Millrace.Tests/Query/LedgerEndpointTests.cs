using System.Text.Json;
using Millrace.Lake;
using Millrace.Query;

namespace Millrace.Tests.Query;

public sealed class LedgerEndpointTests : IAsyncLifetime
{
    private const string Rows = """
        SELECT TIMESTAMPTZ '2026-01-05 10:00:00+00' + to_minutes(m) AS minute, t AS tenant, o AS outcome, r AS reason, n AS events
        FROM (VALUES
            (0, 'acme', 'received', NULL, 10), (0, 'acme', 'stored', NULL, 5), (0, 'acme', 'stored', NULL, 1),
            (0, 'acme', 'failed', 'type_missing', 1), (0, 'acme', 'duplicate', NULL, 1), (0, 'acme', 'dropped', 'bots', 1),
            (0, 'acme', 'damaged', 'checksum', 1), (0, 'acme', 'refused', '401 key_unknown', 7), (0, 'acme', 'refused', '401 key_missing', 1),
            (1, 'bolt', 'received', NULL, 3), (1, 'bolt', 'stored', NULL, 2)) v(m, t, o, r, n)
        """;

    private const string Period = "/api/ledger?from=2026-01-05T10:00:00Z&to=2026-01-05T11:00:00Z";

    private readonly ShopServer _server = new();

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        await _server.Lake.CommitAsync(LakeTable.Ledger, Rows);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Adds_up_increments_by_minute_and_tenant()
    {
        var minutes = (await _server.GetAsync(Period)).GetProperty("minutes");
        minutes.GetArrayLength().ShouldBe(2);
        minutes[0].GetRawText().ShouldBe(
            """
            {"minute":"2026-01-05T10:00:00.000000Z","tenant":"acme","received":10,"stored":6,"failed":{"type_missing":1},"duplicate":1,"dropped":{"bots":1},"damaged":1,"pending":0,"refused":{"401":8},"residue":0}
            """.Trim());
    }

    [Fact]
    public async Task Without_an_end_it_shows_also_what_was_received_while_the_clock_was_ahead()
    {
        _server.Pending.Add(new PendingEvents(new DateTimeOffset(2038, 1, 19, 3, 14, 0, TimeSpan.Zero), "acme", 4));

        (await _server.GetAsync("/api/ledger")).GetProperty("total").GetProperty("pending").GetInt64().ShouldBe(4);
    }

    [Fact]
    public async Task What_nobody_accounts_for_is_residue()
    {
        var ledger = await _server.GetAsync(Period);
        ledger.GetProperty("minutes")[1].GetProperty("residue").GetInt64().ShouldBe(1);
        ledger.GetProperty("total").GetProperty("residue").GetInt64().ShouldBe(1);
        ledger.GetProperty("total").GetProperty("received").GetInt64().ShouldBe(13);
    }

    [Fact]
    public async Task A_segment_that_is_released_while_it_is_read_is_no_error_and_no_gap()
    {
        _server.Pending.Add(new PendingEvents(new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero), "acme", 4));
        _server.PendingBefore.Enqueue(() => throw new FileNotFoundException("renamed after it was listed"));
        _server.PendingBefore.Enqueue(() => new PendingLog([]) { IsWhole = false });
        var ledger = await _server.GetAsync(Period);
        ledger.GetProperty("total").GetProperty("pending").GetInt64().ShouldBe(4);
    }

    [Fact]
    public async Task Pending_events_are_received_and_leave_no_residue()
    {
        _server.Pending.Add(new PendingEvents(new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero), "acme", 4));
        _server.Pending.Add(new PendingEvents(new DateTimeOffset(2026, 1, 5, 10, 59, 0, TimeSpan.Zero), "core", 5));
        _server.Pending.Add(new PendingEvents(new DateTimeOffset(2026, 1, 5, 11, 0, 0, TimeSpan.Zero), "core", 100));
        var ledger = await _server.GetAsync(Period);
        ledger.GetProperty("minutes")[0].GetProperty("received").GetInt64().ShouldBe(14);
        ledger.GetProperty("minutes")[0].GetProperty("residue").GetInt64().ShouldBe(0);
        ledger.GetProperty("total").GetProperty("pending").GetInt64().ShouldBe(9);
    }

    [Fact]
    public async Task Rows_in_hot_segments_are_not_counted_twice() =>
        (await _server.GetAsync("/api/ledger?from=2026-01-03T00:00:00Z&to=2026-01-04T00:00:00Z"))
            .GetProperty("minutes").GetArrayLength().ShouldBe(0);

    [Fact]
    public async Task One_tenant_alone()
    {
        var ledger = await _server.GetAsync(Period + "&tenant=bolt");
        ledger.GetProperty("total").GetProperty("received").GetInt64().ShouldBe(3);
        (await _server.GetAsync(Period, "bolt")).GetProperty("total").GetProperty("received").GetInt64().ShouldBe(3);
    }

    [Theory]
    [InlineData(Period + "&tenant=acme", "bolt", "key_role")]
    [InlineData(Period, "read", "key_role")]
    [InlineData(Period, "", "key_missing")]
    [InlineData("/api/ledger?from=yesterday", "admin", "invalid_request")]
    [InlineData("/api/ledger?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "admin", "invalid_request")]
    public async Task Refuses_with_a_code(string path, string role, string code) =>
        (await _server.GetAsync(path, role)).GetProperty("code").GetString().ShouldBe(code);

    [Fact]
    public async Task Is_the_last_day_by_default() =>
        (await _server.GetAsync("/api/ledger")).GetProperty("minutes").GetArrayLength().ShouldBe(0);
}
