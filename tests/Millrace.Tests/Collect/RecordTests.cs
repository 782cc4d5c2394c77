using System.Text.Json;
using Millrace.Collect;
using Millrace.Control;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Tests.Collect;

public class RecordTests
{
    [Fact]
    public async Task Opens_with_the_control_version_in_force_and_keeps_its_content_first()
    {
        await using var collector = await TestCollector.StartAsync();

        var record = collector.Log.Records.Single();

        record.Kind.ShouldBe(EnvelopeKind.Control);
        record.Stamp.ShouldBe(record.Body);
        record.Body.ShouldBe(collector.Get<LiveControl>().Current.Version.ToArray());
        var content = collector.Get<ControlStore>().Version(record.Body)!;
        System.Text.Encoding.UTF8.GetString(content).ShouldBe("""{"tenants":{"acme":{}}}""");
    }

    [Fact]
    public async Task Writes_a_control_record_when_a_tenant_comes_and_none_for_a_key()
    {
        await using var collector = await TestCollector.StartAsync();
        var elsewhere = ControlStore.Open(collector.Database, collector.Time);

        elsewhere.CreateKey(new NewKey(KeyRole.Write, "acme", "app", null));
        await collector.PassAsync(TimeSpan.FromSeconds(2));
        var afterKey = collector.Log.Records.Count;
        elsewhere.CreateKey(new NewKey(KeyRole.Write, "globex", "web", null));
        await collector.PassAsync(TimeSpan.FromSeconds(2));

        afterKey.ShouldBe(1);
        collector.Log.Records.Count(record => record.Kind == EnvelopeKind.Control).ShouldBe(2);
    }

    [Fact]
    public async Task Knows_within_a_second_a_key_that_another_process_made_or_revoked()
    {
        await using var collector = await TestCollector.StartAsync();
        var elsewhere = ControlStore.Open(collector.Database, collector.Time);

        var (grant, value) = elsewhere.CreateKey(new NewKey(KeyRole.Write, "acme", "", null));
        collector.Time.Advance(TimeSpan.FromSeconds(1));
        using var known = await collector.SendAsync("[]", request => Use(request, value));
        elsewhere.RevokeKey(grant.Id);
        collector.Time.Advance(TimeSpan.FromSeconds(1));
        using var revoked = await collector.SendAsync("[]", request => Use(request, value));

        ((int)known.StatusCode, (int)revoked.StatusCode).ShouldBe((200, 401));
    }

    [Fact]
    public async Task Writes_the_refused_requests_of_a_minute()
    {
        await using var collector = await TestCollector.StartAsync();
        for (var n = 0; n < 3; n++)
        {
            using var refused = await collector.SendAsync("[1,");
        }
        using var unknown = await collector.SendAsync("[]", request => Use(request, new string('k', 40)));

        await collector.PassAsync(TimeSpan.FromSeconds(61));

        var record = collector.Log.Records.Single(record => record.Kind == EnvelopeKind.Refusals);
        var rows = JsonDocument.Parse(record.Body).RootElement.EnumerateArray().ToList();
        rows.Count.ShouldBe(2);
        rows[0].GetRawText().ShouldBe(
            """{"minute":1795348800000000,"tenant":"acme","source":"web","route":"/v1/events","status":400,"code":"invalid_json","requests":3,"bytes":9}""");
        rows[1].GetProperty("tenant").GetString().ShouldBe("");
        rows[1].GetProperty("code").GetString().ShouldBe("key_unknown");
        record.Events.ShouldBe(0);
    }

    [Fact]
    public async Task Keeps_counts_that_the_log_refused_and_writes_them_later()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Log.Refusal = AppendRefusal.DiskFull;
        using var refused = await collector.SendAsync("[]");
        await collector.PassAsync(TimeSpan.FromSeconds(61));
        var during = collector.Log.Records.Count(record => record.Kind == EnvelopeKind.Refusals);
        collector.Log.Refusal = AppendRefusal.None;

        await collector.StopAsync();

        during.ShouldBe(0);
        collector.Log.Records.Single(record =>
            record.Kind == EnvelopeKind.Refusals).BodyText.ShouldContain("disk_full");
    }

    [Fact]
    public void Counts_what_the_table_cannot_hold_as_other()
    {
        var table = new RefusalTable(rowsMax: 2);

        for (var n = 0; n < 10; n++)
        {
            table.Count(new RefusalRow(0, $"t{n}", "", "/", 400, "x"), new RefusalCount(1, 5));
        }

        var rows = table.Take();
        rows.Count.ShouldBe(3);
        rows[new RefusalRow(0, "", "", "other", 400, "other")].ShouldBe(new RefusalCount(8, 40));
        rows.Values.Sum(count => count.Requests).ShouldBe(10);
    }

    private static void Use(HttpRequestMessage request, string key)
    {
        request.Headers.Remove("Authorization");
        request.Headers.Add("X-Write-Key", key);
    }
}
