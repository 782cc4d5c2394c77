using System.Net;
using System.Text;
using Millrace.Refine;

namespace Millrace.Tests.Refine;

public sealed class IpTextTests
{
    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0")]
    [InlineData("255.255.255.255", "255.255.255.0")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0")]
    [InlineData("::FFFF:cb00:714d", "203.0.113.0")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1::")]
    [InlineData("2001:DB8::6", "2001:db8::")]
    [InlineData("2001:db8:abcd:ffff:ffff:ffff:ffff:ffff", "2001:db8:abcd::")]
    [InlineData("fe80::1%eth0", "fe80::")]
    [InlineData("::1", "::")]
    [InlineData("::", "::")]
    [InlineData("0:0:5::", "0:0:5::")]
    [InlineData("64:ff9b::192.0.2.33", "64:ff9b::")]
    [InlineData("", null)]
    [InlineData("1.2.3", null)]
    [InlineData("1.2.3.4.5", null)]
    [InlineData("256.1.1.1", null)]
    [InlineData("1.2.3.4 ", null)]
    [InlineData("1.2.3.-4", null)]
    [InlineData("localhost", null)]
    [InlineData("$remote", null)]
    [InlineData("1:2:3:4:5:6:7", null)]
    [InlineData("1:2:3:4:5:6:7:8:9", null)]
    [InlineData("1:2:3:4:5:6:7:8::", null)]
    [InlineData("1::2::3", null)]
    [InlineData("12345::", null)]
    [InlineData(":1:2:3:4:5:6:7", null)]
    [InlineData("1:2:3:4:5:6:7:", null)]
    [InlineData("[::1]:80", null)]
    [InlineData("::1.2.3.4.5", null)]
    [InlineData("1.2.3.4::", null)]
    public void Keeps_the_part_of_an_address_that_names_a_network(string text, string? truncated)
    {
        Span<byte> target = stackalloc byte[IpText.BytesMax];

        var written = IpText.Truncate(Encoding.UTF8.GetBytes(text), target);

        Encoding.UTF8.GetString(target[..written]).ShouldBe(truncated ?? "");
    }

    [Fact]
    public void Agrees_with_the_framework_on_what_an_address_is()
    {
        var random = new Random(7);
        Span<byte> target = stackalloc byte[IpText.BytesMax];
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(2) == 0 ? 4 : 16];
            random.NextBytes(bytes);
            // Runs of zeros, so that the text is abbreviated in many ways.
            bytes.AsSpan(random.Next(bytes.Length)..).Fill((byte)(random.Next(3) == 0 ? 1 : 0));
            var address = new IPAddress(bytes);

            var fromText = IpText.Truncate(Encoding.UTF8.GetBytes(address.ToString()), target);
            var text = Encoding.UTF8.GetString(target[..fromText]);
            var fromBytes = IpText.Write(bytes, target);

            Encoding.UTF8.GetString(target[..fromBytes]).ShouldBe(text);
            var kept = bytes.Length == 4 ? 3 : 6;
            var expected = new IPAddress([.. bytes[..kept], .. new byte[bytes.Length - kept]]);
            IPAddress.Parse(text).ShouldBe(expected.IsIPv4MappedToIPv6 ? expected.MapToIPv4() : expected);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Bytes_that_are_no_address_give_none(int length) =>
        IpText.Write(new byte[length], new byte[IpText.BytesMax]).ShouldBe(0);
}
