using System.Globalization;
using System.Text;
using Millrace.Protocols;

namespace Millrace.Tests.Protocols;

public sealed class EventTimesTests
{
    [Theory]
    [InlineData("2026-11-22T05:36:48Z", "2026-11-22T05:36:48.000000")]
    [InlineData("2026-11-22T05:36:48", "2026-11-22T05:36:48.000000")]
    [InlineData("2026-11-22T05:36", "2026-11-22T05:36:00.000000")]
    [InlineData("2026-11-22 05:36:48.5z", "2026-11-22T05:36:48.500000")]
    [InlineData("2026-11-22t05:36:48.123456789Z", "2026-11-22T05:36:48.123456")]
    [InlineData("2026-11-22T05:36:48,25+01:30", "2026-11-22T04:06:48.250000")]
    [InlineData("2026-11-22T05:36:48-0800", "2026-11-22T13:36:48.000000")]
    [InlineData("2026-11-22T05:36:48+02", "2026-11-22T03:36:48.000000")]
    [InlineData("2026-11-22 05:36:48.000001 +0000", "2026-11-22T05:36:48.000001")]
    [InlineData("2026-11-22", "2026-11-22T00:00:00.000000")]
    [InlineData(" 2026-11-22 ", "2026-11-22T00:00:00.000000")]
    [InlineData("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000000")]
    [InlineData("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000")]
    [InlineData("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999")]
    public void Reads_iso_8601(string text, string expected) => ShouldRead($"\"{text}\"", expected);

    [Theory]
    [InlineData("1795300228", "2026-11-21T22:30:28.000000")]
    [InlineData("1795300228.201", "2026-11-21T22:30:28.201000")]
    [InlineData("1.795300228201e9", "2026-11-21T22:30:28.201000")]
    [InlineData("1795300228201", "2026-11-21T22:30:28.201000")]
    [InlineData("1795300228201.5", "2026-11-21T22:30:28.201500")]
    [InlineData("1795300228201333", "2026-11-21T22:30:28.201333")]
    [InlineData("1795300228201333999", "2026-11-21T22:30:28.201333")]
    [InlineData("0", "1970-01-01T00:00:00.000000")]
    [InlineData("-1", "1969-12-31T23:59:59.000000")]
    [InlineData("-0.0000001", "1969-12-31T23:59:59.999999")]
    public void Reads_numbers_by_their_size_as_numbers_and_as_text(string number, string expected)
    {
        ShouldRead(number, expected);
        ShouldRead($"\"{number}\"", expected);
    }

    [Fact]
    public void Reads_escapes() => ShouldRead("\"2026\\u002d11-22T05:36:48\\u005A\"", "2026-11-22T05:36:48.000000");

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"yesterday\"")]
    [InlineData("\"2026-02-29T00:00:00Z\"")]
    [InlineData("\"2026-13-01\"")]
    [InlineData("\"2026-00-01\"")]
    [InlineData("\"2026-01-00\"")]
    [InlineData("\"0000-01-01\"")]
    [InlineData("\"10000-01-01\"")]
    [InlineData("\"2026-1-1\"")]
    [InlineData("\"2026-11-22T\"")]
    [InlineData("\"2026-11-22T24:00:00Z\"")]
    [InlineData("\"2026-11-22T05:60:00Z\"")]
    [InlineData("\"2026-11-22T05:36:48.Z\"")]
    [InlineData("\"2026-11-22T05:36:48+25:00\"")]
    [InlineData("\"2026-11-22T05:36:48+01:60\"")]
    [InlineData("\"2026-11-22T05:36:48Zulu\"")]
    [InlineData("\"0001-01-01T00:00:00+01:00\"")]
    [InlineData("\"9999-12-31T23:59:59-01:00\"")]
    [InlineData("\"2026-11-22T05:36:48\\ud800\"")]
    [InlineData("1e400")]
    [InlineData("1e27")]
    [InlineData("1e99999999999")]
    [InlineData("\"1e\"")]
    [InlineData("100000000000000000000")]
    [InlineData("-99999999999")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[1795300228]")]
    [InlineData("\"NaN\"")]
    [InlineData("\"Infinity\"")]
    public void Does_not_guess(string json) => EventTimes.TryRead(Encoding.UTF8.GetBytes(json), out _).ShouldBeFalse();

    private static void ShouldRead(string json, string expected)
    {
        EventTimes.TryRead(Encoding.UTF8.GetBytes(json), out var micros).ShouldBeTrue();
        var time = DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
        time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture).ShouldBe(expected);
    }
}
