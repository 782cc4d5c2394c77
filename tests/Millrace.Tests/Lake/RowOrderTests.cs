using System.Text;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class RowOrderTests
{
    private const long MicrosPerHour = 3_600_000_000;
    private const long Now = 500_000;

    [Theory]
    [InlineData(1, 1_000)]
    [InlineData(2, 300)]
    public void Rows_of_a_file_stand_in_the_order_that_SQL_gives_them(int seed, int count)
    {
        using var database = Database.Open(null);
        using var connection = database.Connect();
        var random = new RandomRows(seed, count, connection);

        var slots = RowOrder.BySlot(random.Rows, currentHour: null);

        slots.Select(slot => slot.Slot).ShouldBe(slots.Select(slot => slot.Slot).Distinct().OrderBy(slot => slot.Day));
        foreach (var (slot, rows) in slots)
        {
            connection.Query($"""
                SELECT row_number FROM expected
                WHERE floor(epoch_us(event_time) / 86400e6)::INTEGER = {slot.Day}
                ORDER BY tenant NULLS FIRST, event NULLS FIRST, event_time, row_number
                """).Rows().Select(row => (int)row[0]!).ShouldBe(rows.ToArray(), $"seed {seed}, day {slot.Day}");
        }
        slots.Sum(slot => slot.Rows.Length).ShouldBe(count);
    }

    [Fact]
    public void Each_row_goes_to_the_file_of_its_hour_or_day()
    {
        var rows = new LakeRows(LakeTable.Events);
        foreach (var micros in new[] { Now * MicrosPerHour, Now * MicrosPerHour - 1, -1, 0, Now * MicrosPerHour + 1 })
        {
            rows.Set((int)EventColumn.EventTime, micros);
            rows.EndRow();
        }

        var slots = RowOrder.BySlot(rows, Now);

        slots.Select(slot => (slot.Slot, string.Join(' ', slot.Rows.ToArray()))).ShouldBe(
        [
            (new FileSlot(-1, null), "2"), (new FileSlot(0, null), "3"),
            (FileSlots.Of(Now - 1, Now), "1"), (FileSlots.Of(Now, Now), "0 4"),
        ]);
    }

    [Fact]
    public void A_column_whose_values_mostly_differ_keeps_them_all()
    {
        var heap = new TextHeap();
        var column = new TextColumn(heap);
        string[] texts = [.. Enumerable.Range(0, 20_000).Select(i => i % 7 == 0 ? "again" : $"text {i}")];
        for (var row = 0; row < texts.Length; row++)
        {
            column.Set(row * 2, Encoding.UTF8.GetBytes(texts[row]));
        }

        for (var row = 0; row < texts.Length; row++)
        {
            Encoding.UTF8.GetString(column.Value(column.Number(row * 2))).ShouldBe(texts[row]);
            column.Number(row * 2 + 1).ShouldBe(TextColumn.Null);
        }
    }
}
