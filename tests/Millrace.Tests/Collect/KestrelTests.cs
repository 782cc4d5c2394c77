using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Millrace.Collect;
using Millrace.Control;

namespace Millrace.Tests.Collect;

public class KestrelTests
{
    [Fact]
    public void Every_limit_is_set()
    {
        var kestrel = new KestrelServerOptions();

        CollectKestrel.Harden(kestrel, new CollectOptions(), connectionsMax: 7);

        kestrel.AddServerHeader.ShouldBeFalse();
        var limits = kestrel.Limits;
        limits.RequestHeadersTimeout.ShouldBe(TimeSpan.FromSeconds(10));
        limits.MinRequestBodyDataRate!.BytesPerSecond.ShouldBe(4_096);
        limits.MinRequestBodyDataRate.GracePeriod.ShouldBe(TimeSpan.FromSeconds(5));
        limits.MaxConcurrentConnections.ShouldBe(7);
        limits.MaxRequestHeaderCount.ShouldBe(64);
        limits.MaxRequestHeadersTotalSize.ShouldBe(32_768);
        limits.MaxRequestLineSize.ShouldBe(65_536);
        limits.MaxRequestBodySize.ShouldBe(64_000_000);
    }

    [Theory]
    [InlineData("1.1", "Both", HttpStatusCode.OK)]
    [InlineData("2.0", "Both", HttpStatusCode.OK)]
    [InlineData("1.1", "Collect", HttpStatusCode.OK)]
    [InlineData("1.1", "Api", HttpStatusCode.NotFound)]
    [InlineData("2.0", "Api", HttpStatusCode.NotFound)]
    public async Task Serves_https_with_a_certificate_file_and_events_on_their_side_only(
        string version, string side, HttpStatusCode status)
    {
        using var folder = new TemporaryFolder();
        WriteCertificate(folder);
        await using var collector = await TestCollector.StartAsync(side: Enum.Parse<Side>(side), settings:
            "{\"https\":" + $"{{\"certificate\":\"{folder.File("cert.pem")}\",\"key\":\"{folder.File("key.pem")}\"}}"
                + "}");
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(collector.Address, "/v1/events"))
        {
            Content = new StringContent("[1]"), Version = Version.Parse(version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("X-Write-Key", TestCollector.WriteKey);

        using var answer = await client.SendAsync(request);

        answer.StatusCode.ShouldBe(status);
        answer.Version.ShouldBe(Version.Parse(version));
    }

    [Fact]
    public async Task Says_that_a_certificate_cannot_be_used()
    {
        var mistake = await Should.ThrowAsync<OperatorException>(() =>
            TestCollector.StartAsync(settings: """{"https":{"certificate":"/nowhere/cert.pem"}}"""));

        mistake.Message.ShouldContain("/nowhere/cert.pem");
    }

    [Theory]
    [InlineData("[\"10.0.0.0/8\"]", "1.2.3.4", "127.0.0.1")]
    [InlineData("[\"127.0.0.0/8\"]", "6.6.6.6, 1.2.3.4", "1.2.3.4")]
    [InlineData("[\"127.0.0.0/8\", \"10.0.0.0/8\"]", "6.6.6.6, 1.2.3.4:5678, 10.9.9.9", "1.2.3.4")]
    [InlineData("[\"127.0.0.0/8\"]", "[2001:db8::1]:99", "2001:db8::1")]
    [InlineData("[\"127.0.0.0/8\"]", "nonsense", "127.0.0.1")]
    [InlineData("[\"127.0.0.0/8\"]", "nonsense, 127.0.0.9", "127.0.0.9")]
    public async Task Believes_a_forwarded_address_from_trusted_networks_only(string networks, string header,
        string client)
    {
        await using var collector =
            await TestCollector.StartAsync(settings: "{\"forwarded\":{\"networks\":" + networks + "}}");

        using var answer = await collector.SendAsync("[1]", request => request.Headers.Add("X-Forwarded-For", header));

        new IPAddress(collector.Log.Batch.ClientAddress).ShouldBe(IPAddress.Parse(client));
    }

    [Theory]
    [InlineData("127.0.0.1", "https", "https")]
    [InlineData("127.0.0.1", "http, https", "https")]
    [InlineData("127.0.0.1", "javascript", "http")]
    [InlineData("8.8.8.8", "https", "http")]
    public void Believes_a_forwarded_scheme_from_trusted_networks_only(string peer, string header, string scheme)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = "http";
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Headers["X-Forwarded-Proto"] = header;

        Forwarded.Apply(context, [IPNetwork.Parse("127.0.0.0/8")]);

        context.Request.Scheme.ShouldBe(scheme);
    }

    [Theory]
    [InlineData("127.0.0.1:8080", "127.0.0.1", 8080)]
    [InlineData("[::1]:0", "::1", 0)]
    [InlineData("*:80", "::", 80)]
    [InlineData("localhost:65535", null, 65535)]
    public void Reads_an_address(string text, string? ip, int port) =>
        ListenAddress.Parse(text, "--http").ShouldBe(new ListenAddress(ip is null ? null : IPAddress.Parse(ip), port));

    [Theory]
    [InlineData("8080")]
    [InlineData(":8080")]
    [InlineData("host.example:8080")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    public void Refuses_what_is_no_address(string text) =>
        Should.Throw<OperatorException>(() => ListenAddress.Parse(text, "--http")).Message.ShouldContain("--http");

    private static void WriteCertificate(TemporaryFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate =
            request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(folder.File("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
