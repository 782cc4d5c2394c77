using System.Text.Json;
using Millrace.Generate;

namespace Millrace.Tests.Generate;

public class TrafficSourceTests
{
    private static readonly Lazy<(List<byte[]> Lines, ExpectedTotals Expected)> Large =
        new(() => Traffic.Lines(Traffic.Plan(50_000, tenants: 4)));

    [Fact]
    public void The_same_plan_gives_the_same_bytes_and_another_seed_gives_others()
    {
        var first = Traffic.Lines(Traffic.Plan(2_000, seed: 5)).Lines;
        var second = Traffic.Lines(Traffic.Plan(2_000, seed: 5)).Lines;
        var other = Traffic.Lines(Traffic.Plan(2_000, seed: 6)).Lines;

        second.SelectMany(line => line).SequenceEqual(first.SelectMany(line => line)).ShouldBeTrue();
        other[0].SequenceEqual(first[0]).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 3, 0)]
    [InlineData(3, 50, 0)]
    [InlineData(4, 3, 40)]  // the server is reached 40 s later
    [InlineData(5, 3, 7200)] // or two hours later
    public void A_slow_recount_of_the_lines_agrees_with_the_expected_totals(long seed, int tenants, int secondsLater)
    {
        var plan = Traffic.Plan(21_000, seed, tenants);
        var (lines, expected) = Traffic.Lines(plan);
        var recount = Recount.Of(lines, Traffic.Start.AddSeconds(secondsLater));

        using var json = JsonDocument.Parse(Traffic.Json(expected, plan));
        var root = json.RootElement;
        root.GetProperty("events").GetInt64().ShouldBe(lines.Count);
        root.GetProperty("stored").GetInt64().ShouldBe(recount.Totals.Values.Sum());
        root.GetProperty("duplicates").GetInt64().ShouldBe(recount.Duplicates);
        root.GetProperty("clamped").GetInt64().ShouldBe(recount.Clamped);
        Sorted(root.GetProperty("failed").EnumerateObject().Select(code => $"{code.Name} {code.Value}"))
            .ShouldBe(Sorted(recount.Failed.Select(code => $"{code.Key} {code.Value}")));
        Sorted(root.GetProperty("totals").EnumerateArray().Select(total =>
                $"{total.GetProperty("tenant")} {total.GetProperty("hour")} " +
                $"{total.GetProperty("event")} {total.GetProperty("count")}"))
            .ShouldBe(Sorted(recount.Totals.Select(total =>
                $"{total.Key.Tenant} {total.Key.Hour} {total.Key.Event} {total.Value}")));

        static string Sorted(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_paced_plan_tells_times_from_the_start_on_and_recounts_too()
    {
        var plan = Traffic.Plan(6_000) with { Rate = 200 };
        var (lines, expected) = Traffic.Lines(plan);
        var recount = Recount.Of(lines, Traffic.Start.AddSeconds(15));

        recount.Clamped.ShouldBe(expected.Clamped);
        recount.Totals.Values.Sum().ShouldBe(expected.Stored);
        recount.Totals.Where(total => total.Key.Hour == "2026-03-14T09:00:00Z").Sum(total => total.Value)
            .ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public void Dirt_has_its_shares()
    {
        var (lines, expected) = Large.Value;
        double all = lines.Count;

        (expected.Duplicates / all).ShouldBe(TrafficModel.DuplicateShare, 0.002);
        (expected.Clamped / all).ShouldBe(TrafficModel.ClampedClockShare, 0.001);
        (expected.Failed / all).ShouldBe(
            TrafficModel.NotAnObjectShare + TrafficModel.MissingEventShare + TrafficModel.WrongTypeShare, 0.001);
        Share("\"12,90 EUR\"").ShouldBe(TrafficModel.SchemaViolationShare, 0.002);
        Share("\"comment\":").ShouldBe(TrafficModel.HostileShare, 0.0006);
        Share("\"sent_time\":").ShouldBe(TrafficModel.OfflineShare + TrafficModel.CorrectedClockShare, 0.02);
        Share("\"consent\":{\"analytics\":false").ShouldBe(TrafficModel.BotShare, 0.01);
        Share("\"purchase\"").ShouldBeInRange(0.004, 0.03);

        double Share(string text) =>
            lines.Count(line => line.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0) / all;
    }

    [Fact]
    public void Every_kind_of_failure_is_there_and_one_line_in_twenty_thousand_is_over_a_megabyte()
    {
        var (lines, _) = Large.Value;

        Recount.Of(lines, Traffic.Start).Failed.Keys.ShouldBe(
            ["event_too_large", "missing_event", "not_an_object", "wrong_type"], ignoreOrder: true);
        lines.Count(line => line.Length > 1_000_000).ShouldBe(3);
        lines.Where(line => line.Length < 1_000_000).Max(line => line.Length).ShouldBeLessThan(4_000);
    }

    [Fact]
    public void A_second_copy_is_the_first_byte_for_byte()
    {
        var copies = Large.Value.Lines.Where(line => line.Length is > 100 and < 1_000_000)
            .GroupBy(IdOf)
            .Where(group => group.Count() > 1).ToList();

        copies.Count.ShouldBe((int)Large.Value.Expected.Duplicates);
        copies.ShouldAllBe(group => group.All(line => line.SequenceEqual(group.First())));
    }

    [Fact]
    public void Lines_never_begin_with_a_bracket_since_a_body_that_does_is_an_array() =>
        Large.Value.Lines.ShouldAllBe(line => line[0] != '[' && !line.Contains((byte)'\n'));

    [Fact]
    public void Small_tenants_are_smaller_and_none_is_without_traffic()
    {
        var byTenant = Recount.Of(Large.Value.Lines, Traffic.Start).Totals
            .GroupBy(total => total.Key.Tenant!)
            .ToDictionary(group => group.Key, group => group.Sum(total => total.Value));

        byTenant.Keys.ShouldBe(["shop-01", "shop-02", "shop-03", "shop-04"], ignoreOrder: true);
        byTenant["shop-01"].ShouldBeGreaterThan(2 * byTenant["shop-04"]);
    }

    [Fact]
    public void Memory_does_not_grow_with_the_run()
    {
        var source = new TrafficSource(Traffic.Plan(1_000_000));
        for (var i = 0; i < 30_000; i++)
        {
            source.TryNext();
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 30_000; i++)
        {
            source.TryNext();
        }

        // Second copies are kept until their turn: 0.6 % of 30,000 lines, under 1 KB each. Nothing else is allocated.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(500_000);
        source.Position.ShouldBe(60_000);
    }

    private static string IdOf(byte[] line)
    {
        var member = "\"event_id\":\""u8;
        return System.Text.Encoding.ASCII.GetString(line, line.AsSpan().IndexOf(member) + member.Length, 36);
    }
}
