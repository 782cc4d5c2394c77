using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Millrace.Collect;
using Millrace.Events;
using Millrace.Log;
using Millrace.Protocols;

namespace Millrace.Tests.Collect;

/// <summary>The edge with the protocols and the log of the product.</summary>
public class RealLogTests
{
    [Theory]
    [InlineData("/v1/events", """{"event":"a"}""" + "\n" + """{"event":"b"}""", "native", 2)]
    [InlineData("/v1/batch/", """{"batch":[{"type":"track","event":"a","userId":"u"}]}""", "segment", 1)]
    public async Task A_receipt_names_the_record_that_holds_the_body(string path, string body, string protocol,
        int events)
    {
        using var folder = new TemporaryFolder();
        var log = new LogOptions { Directory = folder.File("log"), SegmentBytes = 1 << 20, Node = 0xabc,
            FreeBytesMin = 0, FreeShareMin = 0 };
        await using var writer =
            LogWriter.Open(log, new PosixDisk(), TimeProvider.System, new LogStart(new byte[32], new Random(1)));
        await using var collector = await TestCollector.StartAsync(services: services =>
        {
            services.RemoveAll<IProtocol>();
            services.AddSingleton<IProtocol, NativeProtocol>().AddSingleton<IProtocol, SegmentProtocol>();
            services.AddSingleton(new CollectLog(writer.Node, new byte[32], entry => writer.AppendAsync(entry)));
        });

        using var answer =
            await collector.SendAsync(body, request => request.RequestUri = new Uri(collector.Address, path));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var receipt = answer.Headers.GetValues("Millrace-Receipt").Single();
        receipt.ShouldStartWith("0000000000000abc-");
        var record = Read(log.Directory, long.Parse(receipt.Split('-')[1]), writer);
        record.ShouldBe((protocol, path.TrimEnd('/'), body, events));
    }

    private static (string Protocol, string Route, string Body, int Events) Read(string directory, long offset,
        LogWriter writer)
    {
        using var reader = LogReader.Open(directory, new PosixDisk(), offset, writer);
        reader.TryRead(out var item).ShouldBeTrue();
        item.Record.Offset.ShouldBe(offset);
        Envelope.TryRead(item.Record.Payload, out var envelope).ShouldBe(EnvelopeState.Sound);
        return (Encoding.UTF8.GetString(envelope.Protocol), Encoding.UTF8.GetString(envelope.Route),
            Encoding.UTF8.GetString(envelope.Body), item.Record.Events);
    }
}
