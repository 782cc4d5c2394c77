using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Millrace.Collect;
using Millrace.Tests.Lake;

namespace Millrace.Tests.Collect;

public class EncodingTests
{
    private const string Body = """[{"event":"ä 😀"},{"event":"b"}]""";

    public static TheoryData<string, string> Encodings => new()
    {
        { "gzip", "gzip" }, { "GZIP", "gzip" }, { "x-gzip", "gzip" }, { "deflate", "zlib" }, { "deflate", "raw" },
            { "br", "br" },
        { "identity", "plain" },
    };

    [Theory, MemberData(nameof(Encodings))]
    public async Task Stores_the_decoded_body(string header, string format)
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(Compressed(Encoding.UTF8.GetBytes(Body), format), request =>
            request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", header));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        collector.Log.Batch.BodyText.ShouldBe(Body);
        collector.Log.Batch.Events.ShouldBe(2);
    }

    [Fact]
    public void The_header_of_brotli_says_what_the_first_block_decodes_to()
    {
        var random = new Random(1);
        var packed = new byte[1 << 20];
        for (var window = 10; window <= 24; window++)
        {
            foreach (var length in new[] { 1, 2, 1_000, 65_536, 65_537, 300_000, 1 << 20 })
            {
                var (text, zeros) = (new byte[length], new byte[length]);
                random.GetItems("abc, def"u8, text);
                foreach (var plain in new[] { text, zeros })
                {
                    BrotliEncoder.TryCompress(plain, packed, out var written, quality: 5, window).ShouldBeTrue();
                    var first = BodyDecoder.FirstBlockBytes(packed.AsSpan(0, written));
                    // An encoder may end a block early, and says so in its header; a short one never does.
                    first.ShouldBeInRange(length < 1_001 ? length : 1, length, $"window {window}, {length} bytes");
                }
            }
        }
        BodyDecoder.FirstBlockBytes([]).ShouldBeLessThanOrEqualTo(1);
        BodyDecoder.FirstBlockBytes([0x06]).ShouldBe(0, "an empty stream");
    }

    [Fact]
    public async Task A_bomb_or_rubbish_leaves_the_place_it_took_to_decode_brotli()
    {
        await using var collector = await TestCollector.StartAsync(new CollectOptions { BrotliBodiesMax = 1 });
        var plain = Encoding.UTF8.GetBytes(Body);
        using var sound = new MemoryStream();
        Compressed(plain, "br").CopyTo(sound, null, default);
        using var bomb = new MemoryStream();
        using (var stream = new BrotliStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            // The header speaks of the first block alone.
            stream.Write(new byte[1_000]);
            stream.Flush();
            stream.Write(new byte[8 << 20]);
        }
        byte[][] bodies = [sound.ToArray()[..^9], bomb.ToArray(), sound.ToArray()];
        bodies.ShouldAllBe(body => BodyDecoder.FirstBlockBytes(body) <= 1_000);
        foreach (var (bytes, status) in bodies.Zip([400, 413, 200]))
        {
            using var body = new ByteArrayContent(bytes);
            using var answer = await collector.SendAsync(body, request =>
                request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", "br"));
            ((int)answer.StatusCode).ShouldBe(status);
        }
    }

    [Fact]
    public async Task Brotli_beyond_what_may_wait_is_to_come_again()
    {
        await using var collector = await TestCollector.StartAsync(new CollectOptions { BrotliBodiesMax = 1 });
        var text = new char[1 << 20];
        new Random(1).GetItems("abcdefghijklmnop", text);
        var body = Encoding.UTF8.GetBytes($$"""[{"event":"{{new string(text)}}"}]""");
        async Task<(HttpStatusCode, TimeSpan?, string)> SendAsync()
        {
            using var answer = await collector.SendAsync(Compressed(body, "br"), request =>
                request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", "br"));
            return (answer.StatusCode, answer.Headers.RetryAfter?.Delta, await answer.Content.ReadAsStringAsync());
        }
        var answers = new List<(HttpStatusCode Status, TimeSpan? Later, string Text)>();

        await Until.TrueAsync(async () =>
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync())));
            return answers.Any(answer => answer.Status != HttpStatusCode.OK);
        });
        answers.Add(await SendAsync());

        answers[^1].Status.ShouldBe(HttpStatusCode.OK);
        var refused = answers.Where(answer => answer.Status != HttpStatusCode.OK).ToList();
        refused.ShouldAllBe(answer => answer.Status == HttpStatusCode.ServiceUnavailable && answer.Later != null
            && answer.Text.Contains("bodies_in_flight"));
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    public async Task Knows_gzip_by_its_first_bytes_whatever_the_content_type_says(string contentType)
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(Compressed(Encoding.UTF8.GetBytes(Body), "gzip"), request =>
            request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        collector.Log.Batch.BodyText.ShouldBe(Body);
    }

    [Fact]
    public async Task Drops_a_byte_order_mark()
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync("\uFEFF" + Body);

        collector.Log.Batch.BodyText.ShouldBe(Body);
    }

    [Theory]
    [InlineData("gzip, gzip")]
    [InlineData("zstd")]
    public async Task Refuses_an_encoding_it_cannot_undo(string header)
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(Compressed(Encoding.UTF8.GetBytes(Body), "gzip"), request =>
            request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", header));

        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("unsupported_encoding");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zlib")]
    [InlineData("raw")]
    [InlineData("br")]
    public async Task Refuses_a_body_that_was_cut_off(string format)
    {
        await using var collector = await TestCollector.StartAsync();
        var whole = await Compressed(Encoding.UTF8.GetBytes(Body), format).ReadAsByteArrayAsync();

        using var answer = await collector.SendAsync(new ByteArrayContent(whole[..(whole.Length / 2)]), request =>
            request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", format is "zlib" or "raw" ? "deflate"
                : format));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("invalid_encoding");
    }

    /// <summary>Found by fuzzing: the zlib behind .NET has a way of its own to say so.</summary>
    [Fact]
    public async Task Refuses_a_zlib_stream_that_asks_for_a_dictionary()
    {
        await using var collector = await TestCollector.StartAsync();

        using var answer = await collector.SendAsync(new ByteArrayContent([0x78, 0x20, 1, 2, 3, 4, 5, 6]), request =>
            request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", "deflate"));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("invalid_encoding");
    }

    [Theory]
    [InlineData("gzip", 64, "body_too_large")]
    [InlineData("br", 512, "decoded_ratio")]
    public async Task Refuses_a_bomb_before_it_is_large(string format, int mebibytes, string code)
    {
        await using var collector = await TestCollector.StartAsync();
        var bomb = Zeros(format, mebibytes);
        var before = GC.GetTotalAllocatedBytes();

        using var answer = await collector.SendAsync(bomb, request =>
            request.Content!.Headers.TryAddWithoutValidation("Content-Encoding", format));

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(code);
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(32 << 20);
    }

    private static ByteArrayContent Zeros(string format, int mebibytes)
    {
        using var target = new MemoryStream();
        using (var stream = Compressor(target, format))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < mebibytes; written++)
            {
                stream.Write(zeros);
            }
        }
        return new ByteArrayContent(target.ToArray());
    }

    private static ByteArrayContent Compressed(byte[] bytes, string format)
    {
        if (format == "plain")
        {
            return new ByteArrayContent(bytes);
        }
        using var target = new MemoryStream();
        using (var stream = Compressor(target, format))
        {
            stream.Write(bytes);
        }
        return new ByteArrayContent(target.ToArray());
    }

    private static Stream Compressor(MemoryStream target, string format) => format switch
    {
        "gzip" => new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true),
        "zlib" => new ZLibStream(target, CompressionLevel.Fastest, leaveOpen: true),
        "raw" => new DeflateStream(target, CompressionLevel.Fastest, leaveOpen: true),
        "br" => new BrotliStream(target, CompressionLevel.Optimal, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
