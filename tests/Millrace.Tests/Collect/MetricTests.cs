using System.Diagnostics.Metrics;
using Millrace.Log;
using Millrace.Watch;

namespace Millrace.Tests.Collect;

public class MetricTests
{
    [Fact]
    public async Task Counts_what_came_in_and_what_was_refused()
    {
        await using var collector = await TestCollector.StartAsync();
        using var metrics = new MetricReader(collector.Get<IMeterFactory>(), new WatchOptions());
        using var taken = await collector.SendAsync("[1,2,3]");
        using var broken = await collector.SendAsync("[");
        collector.Log.Refusal = AppendRefusal.DiskFull;
        using var full = await collector.SendAsync("[1]");

        // Kestrel may still hold the last request after its answer was read.
        await collector.StopAsync();

        var text = PrometheusText.Write(metrics.Read());
        text.ShouldContain("""millrace_collect_received_total{protocol="native"} 3""");
        text.ShouldContain("""millrace_collect_body_bytes_total{protocol="native"} 7""");
        text.ShouldContain("""millrace_collect_requests_total{route="/v1/events",status="200"} 1""");
        text.ShouldContain("""millrace_collect_refused_total{status="400",code="invalid_json"} 1""");
        text.ShouldContain("""millrace_collect_refused_total{status="503",code="disk_full"} 1""");
        text.ShouldContain("""millrace_collect_duration_seconds_count{protocol="native"} 3""");
        text.ShouldContain("millrace_collect_bodies_entered_bytes_total ");
        Value(text, "entered").ShouldBe(Value(text, "left"));
    }

    private static string Value(string text, string name) =>
        text.Split('\n').Single(line =>
            line.StartsWith($"millrace_collect_bodies_{name}_bytes_total ", StringComparison.Ordinal)).Split(' ')[1];
}
