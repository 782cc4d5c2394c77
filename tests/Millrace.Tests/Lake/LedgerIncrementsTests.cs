using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class LedgerIncrementsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(59_999_999, 0)]
    [InlineData(60_000_000, 60_000_000)]
    [InlineData(-1, -60_000_000)]
    [InlineData(-60_000_000, -60_000_000)]
    [InlineData(-60_000_001, -120_000_000)]
    public void A_minute_begins_at_or_before_the_instant(long micros, long minute) =>
        LedgerIncrements.MinuteOf(micros).ShouldBe(minute);

    [Fact]
    public void Additions_to_one_cell_become_one_row()
    {
        var ledger = new LedgerIncrements();
        var cell = new LedgerKey(0, "acme", "web", "/v1/events", Outcome.Failed, "not_an_object");

        ledger.Add(cell, 1, 10);
        ledger.Add(cell with { Reason = "missing_event" }, 2, 20);
        ledger.Add(cell, 3, 30);

        ledger.Rows.Select(row => (row.Key.Reason, row.Events, row.Bytes))
            .ShouldBe([("not_an_object", 4, 40), ("missing_event", 2, 20)], ignoreOrder: true);
        ledger.Count.ShouldBe(2);
    }
}
