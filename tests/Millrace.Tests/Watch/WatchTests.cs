using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Control;
using Millrace.Watch;

namespace Millrace.Tests.Watch;

public sealed class WatchTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Shows_counters_with_labels_units_and_escapes()
    {
        using var reader = new MetricReader(Meters, new WatchOptions());
        var counter = Meters.Create("Millrace.Test")
            .CreateCounter<long>("millrace.test.body.bytes", "By", "Two\nlines.");

        counter.Add(3, Tag("route", "/v1"), Tag("code", "a\"b\\"));
        counter.Add(4, Tag("route", "/v1"), Tag("code", "a\"b\\"));
        counter.Add(1);

        PrometheusText.Write(reader.Read()).Split('\n').Order(StringComparer.Ordinal).ShouldBe([
            "",
            """# HELP millrace_test_body_bytes_total Two\nlines.""",
            "# TYPE millrace_test_body_bytes_total counter",
            "millrace_test_body_bytes_total 1",
            """millrace_test_body_bytes_total{route="/v1",code="a\"b\\"} 7""",
        ]);
    }

    [Fact]
    public void Shows_histograms_as_cumulative_buckets()
    {
        using var reader = new MetricReader(Meters, new WatchOptions());
        var histogram = Meters.Create("Millrace.Test").CreateHistogram<double>("millrace.test.duration", "s");

        histogram.Record(0.0005);
        histogram.Record(0.002);
        histogram.Record(90);

        var text = PrometheusText.Write(reader.Read());
        text.ShouldContain("millrace_test_duration_seconds_bucket{le=\"0.0005\"} 1\n");
        text.ShouldContain("millrace_test_duration_seconds_bucket{le=\"0.0025\"} 2\n");
        text.ShouldContain("millrace_test_duration_seconds_bucket{le=\"60\"} 2\n");
        text.ShouldContain("millrace_test_duration_seconds_bucket{le=\"+Inf\"} 3\n");
        text.ShouldContain("millrace_test_duration_seconds_sum 90.0025\n");
        text.ShouldContain("millrace_test_duration_seconds_count 3\n");
    }

    [Fact]
    public void Reads_observed_figures_anew_each_time()
    {
        using var reader = new MetricReader(Meters, new WatchOptions());
        var now = 5;
        Meters.Create("Millrace.Test").CreateObservableGauge("millrace.test.depth", () => now);
        var first = PrometheusText.Write(reader.Read());
        now = 2;

        first.ShouldContain("millrace_test_depth 5\n");
        PrometheusText.Write(reader.Read()).ShouldContain("millrace_test_depth 2\n");
    }

    [Fact]
    public void Adds_up_as_overflow_what_exceeds_the_series_of_an_instrument()
    {
        using var reader = new MetricReader(Meters, new WatchOptions { SeriesPerInstrumentMax = 2 });
        var counter = Meters.Create("Millrace.Test").CreateCounter<int>("millrace.test.names");

        for (var n = 0; n < 1_000; n++)
        {
            counter.Add(1, Tag("name", $"n{n}"));
        }

        var text = PrometheusText.Write(reader.Read());
        text.ShouldContain("millrace_test_names_total{overflow=\"true\"} 998\n");
        text.Split('\n').Length.ShouldBeLessThan(8);
    }

    [Fact]
    public void Leaves_out_meters_of_others()
    {
        using var reader = new MetricReader(Meters, new WatchOptions());
        using var elsewhere = new Meter("Millrace.Elsewhere");
        elsewhere.CreateCounter<long>("millrace.elsewhere").Add(1);
        Meters.Create("Other").CreateCounter<long>("other").Add(1);

        PrometheusText.Write(reader.Read()).ShouldBeEmpty();
    }

    [Fact]
    public void Shows_what_the_process_takes()
    {
        using var reader = new MetricReader(Meters, new WatchOptions());
        ProcessMetrics.Register(Meters);

        var figures = reader.Read()
            .ToDictionary(one => one.Instrument.Name, one => one.Series.Single().Series.Read().Sum);

        figures["millrace.process.memory.anonymous"].ShouldBeInRange(1 << 20, 1L << 40);
        figures["millrace.process.threads"].ShouldBeInRange(1, 10_000);
        figures["millrace.process.open.files"].ShouldBeInRange(3, 100_000);
        figures["millrace.process.cpu"].ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(null, 200, true)]
    [InlineData("The log is not open yet.", 503, false)]
    public async Task Says_which_role_is_not_ready_and_why(string? fault, int status, bool isReady)
    {
        var (answered, body) = await GetAsync("/readyz", new ReadinessCheck("collect", () => fault),
            new ReadinessCheck("lake", () => null));

        answered.ShouldBe(status);
        using var json = JsonDocument.Parse(body);
        json.RootElement.GetProperty("ready").GetBoolean().ShouldBe(isReady);
        json.RootElement.GetProperty("roles").GetProperty("collect").GetProperty("reason").GetString()
            .ShouldBe(fault ?? "");
        json.RootElement.GetProperty("roles").GetProperty("lake").GetProperty("ready").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Is_alive_also_when_no_role_is_ready()
    {
        var (status, _) = await GetAsync("/healthz", new ReadinessCheck("lake", () => "Not yet."));

        status.ShouldBe(200);
    }

    [Theory]
    [InlineData("/healthz/")]
    [InlineData("/readyz/")]
    [InlineData("/metrics/")]
    public async Task Answers_with_a_trailing_slash_too(string path) =>
        (await GetAsync(path)).Status.ShouldBe(200);

    [Theory]
    [InlineData("HEAD", "/healthz", 200)]
    [InlineData("POST", "/healthz", 405)]
    [InlineData("DELETE", "/readyz", 405)]
    [InlineData("PUT", "/metrics/", 405)]
    public async Task Is_only_asked_by_get_and_head(string method, string path, int status)
    {
        var (answered, body) = await SendAsync(method, path);

        answered.ShouldBe(status);
        body.ShouldContain(status == 200 ? "" : "method_not_allowed");
        (body == "").ShouldBe(method == "HEAD");
    }

    private Task<(int Status, string Body)> GetAsync(string path, params ReadinessCheck[] checks) =>
        SendAsync("GET", path, checks);

    private async Task<(int Status, string Body)> SendAsync(string method, string path, params ReadinessCheck[] checks)
    {
        using var reader = new MetricReader(Meters, new WatchOptions());
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Path = path;
        using var body = new MemoryStream();
        context.Response.Body = body;
        await new WatchEndpoints(reader, checks).Handle(context)!;
        return (context.Response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
