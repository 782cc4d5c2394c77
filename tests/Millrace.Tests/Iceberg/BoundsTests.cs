using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Iceberg;

namespace Millrace.Tests.Iceberg;

public class BoundsTests
{
    private static readonly Config s_quiet = Config.QuickThrowOnFailure.WithQuietOnSuccess(true);

    /// <summary>Strings of 0 to 24 code points from the corners of Unicode:
    /// ASCII, around the surrogates, the last plane.</summary>
    private static readonly Gen<string> s_text = Gen.ListOf(Gen.OneOf(
            Gen.Choose(0x20, 0x7E), Gen.Choose(0xD7F0, 0xD7FF), Gen.Choose(0xE000, 0xFFFF),
            Gen.Choose(0x10000, 0x10FFFF), Gen.Constant(0x10FFFF), Gen.Constant(0xD7FF)))
        .Resize(24).Select(points => string.Concat(points.Select(point => new Rune(point).ToString())));

    [Fact]
    public void String_bounds_enclose_the_string_in_utf8_order() => Check.One(s_quiet.WithMaxTest(500),
        Prop.ForAll(s_text.ToArbitrary(), text =>
        {
            byte[] value = Encoding.UTF8.GetBytes(text);
            byte[] lower = Bounds.Lower(FieldType.String, text)!;
            byte[]? upper = Bounds.Upper(FieldType.String, text);
            return lower.AsSpan().SequenceCompareTo(value) <= 0
                && (upper is null || upper.AsSpan().SequenceCompareTo(value) >= 0)
                && Encoding.UTF8.GetString(lower).EnumerateRunes().Count() <= 16
                && (upper is null || Encoding.UTF8.GetString(upper).EnumerateRunes().Count() <= 16);
        }));

    [Fact]
    public void Strings_compare_by_code_point() => Check.One(s_quiet,
        Prop.ForAll(s_text.ToArbitrary(), s_text.ToArbitrary(), (left, right) =>
        {
            int[] a = [.. left.EnumerateRunes().Select(rune => rune.Value)];
            int[] b = [.. right.EnumerateRunes().Select(rune => rune.Value)];
            int? order = Bounds.Compare(FieldType.String, Bounds.String(left), Bounds.String(right));
            return Math.Sign(order!.Value) == Math.Sign(a.AsSpan().SequenceCompareTo(b));
        }));

    [Theory]
    [InlineData("short", "short")]
    [InlineData("exactly sixteen!", "exactly sixteen!")]
    [InlineData("exactly sixteen!!", "exactly sixteen\"")]
    [InlineData("fifteen letters\uD7FF and more", "fifteen letters\uE000")]
    [InlineData("fourteen lette\u0041\U0010FFFF and more", "fourteen lette\u0042")]
    public void An_upper_bound_of_a_long_string_is_raised(string text, string bound) =>
        Bounds.Upper(FieldType.String, text).ShouldBe(Encoding.UTF8.GetBytes(bound));

    [Fact]
    public void Nothing_short_exceeds_a_string_of_last_code_points() =>
        Bounds.Upper(FieldType.String, string.Concat(Enumerable.Repeat("\U0010FFFF", 17))).ShouldBeNull();

    [Fact]
    public void Long_binary_bounds_are_cut_and_raised()
    {
        byte[] value = [.. Enumerable.Repeat((byte)1, 15), 0xFF, 7];

        Bounds.Lower(FieldType.Binary, value).ShouldBe(value[..16]);
        Bounds.Upper(FieldType.Binary, value).ShouldBe([.. Enumerable.Repeat((byte)1, 14), 2]);
        Bounds.Upper(FieldType.Binary, Enumerable.Repeat(byte.MaxValue, 17).ToArray()).ShouldBeNull();
    }

    [Fact]
    public void Zero_is_a_negative_lower_and_a_positive_upper_bound()
    {
        Bounds.Lower(FieldType.Double, 0.0).ShouldBe(BitConverter.GetBytes(-0.0));
        Bounds.Upper(FieldType.Double, -0.0).ShouldBe(BitConverter.GetBytes(0.0));
        Bounds.Lower(FieldType.Float, 0f).ShouldBe(BitConverter.GetBytes(-0f));
        Bounds.Upper(FieldType.Float, -0f).ShouldBe(BitConverter.GetBytes(0f));
    }

    [Fact]
    public void NaN_is_no_bound()
    {
        Bounds.Lower(FieldType.Double, double.NaN).ShouldBeNull();
        Bounds.Upper(FieldType.Float, float.NaN).ShouldBeNull();
        Bounds.Compare(FieldType.Double, Bounds.Double(double.NaN), Bounds.Double(1)).ShouldBeNull();
    }

    [Fact]
    public void Values_are_written_as_the_specification_says()
    {
        Bounds.Encode(FieldType.Boolean, true).ShouldBe([1]);
        Bounds.Encode(FieldType.Int, 34).ShouldBe([34, 0, 0, 0]);
        Bounds.Encode(FieldType.Date, -1).ShouldBe([0xFF, 0xFF, 0xFF, 0xFF]);
        Bounds.Encode(FieldType.TimestampTz, 1L).ShouldBe([1, 0, 0, 0, 0, 0, 0, 0]);
        Bounds.Encode(FieldType.Double, 1.0).ShouldBe([0, 0, 0, 0, 0, 0, 0xF0, 0x3F]);
        // The specification's own example: 14.20 as decimal(4, 2) is 1420 = 0x058C.
        Bounds.Encode(FieldType.Decimal(4, 2), new BigInteger(1420)).ShouldBe([0x05, 0x8C]);
        Bounds.Encode(FieldType.Decimal(4, 2), new BigInteger(-1)).ShouldBe([0xFF]);
        Should.Throw<ArgumentException>(() => Bounds.Encode(FieldType.Long, 1));
    }

    [Fact]
    public void A_bound_from_before_a_promotion_is_read_by_its_length()
    {
        Bounds.Decode(FieldType.Long, Bounds.Int(-5)).ShouldBe(-5L);
        Bounds.Decode(FieldType.Double, Bounds.Float(1.5f)).ShouldBe(1.5);
        Bounds.Compare(FieldType.Long, Bounds.Int(-5), Bounds.Long(7)).ShouldBe(-1);
        Bounds.Decode(FieldType.Long, [1, 2, 3]).ShouldBeNull();
    }
}
