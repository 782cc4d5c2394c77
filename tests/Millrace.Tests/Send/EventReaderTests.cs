using System.IO.Compression;
using System.Text;
using Millrace.Send;

namespace Millrace.Tests.Send;

public class EventReaderTests
{
    [Theory]
    [InlineData("{\"a\":1}\n\n  {\"a\":2}\r\n", "1={\"a\":1} 3={\"a\":2}")]
    [InlineData("\ufeff{\"a\":1}", "1={\"a\":1}")]
    [InlineData("42\n[1]\n\"x\"", "1=42 2=[1] 3=\"x\"")]
    [InlineData("", "")]
    [InlineData("[]", "")]
    [InlineData(" [ {\"a\":[1,2]} ,\n{\"b\":\"],\\\"\"}, 3 ] ", "1={\"a\":[1,2]} 2={\"b\":\"],\\\"\"} 3=3")]
    [InlineData("[{\"a\":\n1}]\n[2]", "1={\"a\": 1} 2=2")]
    public async Task Finds_events(string text, string expected)
    {
        (await ReadAsync(Encoding.UTF8.GetBytes(text), stepBytes: 1000)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("{\"a\":\"é\"}\n{\"b\":[{},{}]}\nx")]
    [InlineData("[{\"a\":\"é\\\\\"},[1,[2]],\"]\"]")]
    public async Task Does_not_care_where_reads_end(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        (await ReadAsync(bytes, stepBytes: 1)).ShouldBe(await ReadAsync(bytes, stepBytes: 1000));
    }

    [Fact]
    public async Task Skips_an_event_that_no_request_could_hold_and_goes_on()
    {
        var text = $"1\n\"{new string('x', EventReader.EventBytesMax + 1_000_000)}\"\n3";
        (await ReadAsync(Encoding.UTF8.GetBytes(text), 100_000)).ShouldBe("1=1 2=too-long 3=3");

        var array = $"[1,\"{new string('x', EventReader.EventBytesMax + 1_000_000)}\",3]";
        (await ReadAsync(Encoding.UTF8.GetBytes(array), 100_000)).ShouldBe("1=1 2=too-long 3=3");
    }

    [Fact]
    public async Task Says_when_an_array_is_cut_off() =>
        await Should.ThrowAsync<EndOfStreamException>(() => ReadAsync("[1,{\"a\":"u8.ToArray(), 1000));

    private static async Task<string> ReadAsync(byte[] bytes, int stepBytes)
    {
        using var input = new SteppingStream(bytes, stepBytes);
        var reader = new EventReader(input);
        var found = new List<string>();
        while (await reader.ReadAsync(CancellationToken.None))
        {
            var text = reader.IsTooLong ? "too-long" : Encoding.UTF8.GetString(reader.Event.Span);
            found.Add($"{reader.Number}={text}");
        }
        return string.Join(' ', found);
    }

    /// <summary>Hands out at most so many bytes a read.</summary>
    private sealed class SteppingStream(byte[] bytes, int stepBytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(stepBytes, buffer.Length)], cancellationToken);
    }
}
