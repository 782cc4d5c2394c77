using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class TransformsTests
{
    private const long Hour = 3_600_000_000;

    [Theory]
    [InlineData(Transforms.Hour, 0, 0)]
    [InlineData(Transforms.Hour, -1, -1)]
    [InlineData(Transforms.Day, (24 * Hour) - 1, 0)]
    [InlineData(Transforms.Day, 24 * Hour, 1)]
    [InlineData(Transforms.Day, -1, -1)]
    [InlineData(Transforms.Month, -1, -1)]
    [InlineData(Transforms.Month, 31 * 24 * Hour, 1)]
    [InlineData(Transforms.Year, -1, -1)]
    [InlineData(Transforms.Year, 365 * 24 * Hour, 1)]
    public void Instants_fall_into_units_counted_from_1970(string transform, long micros, int unit) =>
        Transforms.Apply(transform, FieldType.TimestampTz, Bounds.Long(micros)).ShouldBe(Bounds.Int(unit));

    [Fact]
    public void Dates_have_months()
    {
        int days = new DateOnly(2026, 3, 1).DayNumber - new DateOnly(1970, 1, 1).DayNumber;

        Transforms.Apply(Transforms.Month, FieldType.Date, Bounds.Int(days)).ShouldBe(Bounds.Int((56 * 12) + 2));
        Transforms.Apply(Transforms.Day, FieldType.Date, Bounds.Int(days)).ShouldBe(Bounds.Int(days));
    }

    [Theory]
    [InlineData("bucket[16]")]
    [InlineData("truncate[4]")]
    [InlineData(Transforms.Void)]
    [InlineData("something of tomorrow")]
    public void A_transform_that_is_only_kept_has_no_value(string transform) =>
        Transforms.Apply(transform, FieldType.Long, Bounds.Long(1)).ShouldBeNull();
}
