using Millrace.Events;
using Millrace.Refine;

namespace Millrace.Tests.Refine;

public sealed class EventClockTests
{
    private const long Second = 1_000_000;
    private const long Day = 24 * 3600 * Second;
    private const long Received = 1_795_300_228_201_000;

    [Fact]
    public void Without_a_client_time_the_event_happened_when_it_came() =>
        Time(client: null, sent: Received - 5).ShouldBe(Received);

    [Fact]
    public void A_client_time_counts_as_it_is_when_nothing_is_known_of_the_clock() =>
        Time(Received - 5000 * Second).ShouldBe(Received - 5000 * Second);

    [Theory]
    [InlineData(60_000_000, 0)]
    [InlineData(-60_000_000, 0)]
    [InlineData(60_000_001, 60_000_001)]
    [InlineData(-60_000_001, -60_000_001)]
    public void A_clock_wrong_by_more_than_a_minute_is_corrected(long behind, long shift) =>
        Time(Received - Day, Received - behind).ShouldBe(Received - Day + shift);

    [Fact]
    public void A_true_time_is_never_shifted() =>
        Time(Received - Day, Received - Day, isTrue: true).ShouldBe(Received - Day);

    [Fact]
    public void A_time_is_kept_within_thirty_days_back_and_an_hour_ahead()
    {
        Time(Received - 31 * Day).ShouldBe(Received - 30 * Day);
        Time(Received + 2 * 3600 * Second).ShouldBe(Received + 3600 * Second);
        Time(Received + 2 * 3600 * Second, isTrue: true).ShouldBe(Received + 3600 * Second);
    }

    [Fact]
    public void History_may_be_of_any_age_but_not_of_the_future()
    {
        Time(Received - 20_000 * Day, isHistory: true).ShouldBe(Received - 20_000 * Day);
        Time(Received + Day, isHistory: true).ShouldBe(Received + 3600 * Second);
    }

    [Fact]
    public void History_begins_with_the_year_one_however_wrong_its_clock_was()
    {
        var yearOne = (DateTime.MinValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var year9999 = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

        Time(yearOne, sent: year9999, isHistory: true).ShouldBe(yearOne);
    }

    [Theory]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MinValue)]
    [InlineData(long.MinValue, long.MinValue)]
    public void No_times_are_too_far_apart(long client, long sent)
    {
        Time(client, sent).ShouldBeInRange(Received - 30 * Day, Received + 3600 * Second);
        Time(client, sent, isHistory: true)
            .ShouldBeInRange(-62_135_596_800 * Second, Received + 3600 * Second);
    }

    private static long Time(long? client, long? sent = null, bool isTrue = false, bool isHistory = false) =>
        EventClock.EventTime(
            new RawEvent { ClientTime = client, SentTime = sent, IsTrueTime = isTrue }, Received, isHistory);
}
