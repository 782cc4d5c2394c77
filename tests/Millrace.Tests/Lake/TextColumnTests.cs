using System.Text;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public class TextColumnTests
{
    private readonly TextColumn _column = new(new TextHeap());
    private int _rows;

    [Theory]
    [InlineData("user{0:0000}")]
    [InlineData("user-{0:000}")]
    [InlineData("product-{0:00000000}")]
    [InlineData("https://shop.example/item/{0:0000}")]
    public void Keeps_a_value_that_repeats_once(string format)
    {
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 3_000; i++)
            {
                Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, i));
            }
        }

        // A few find no place among their neighbours.
        _column.ValueCount.ShouldBeInRange(3_000, 3_030);
    }

    [Fact]
    public void Gives_each_row_its_value_also_when_nearly_all_differ()
    {
        for (var i = 0; i < 20_000; i++)
        {
            Add($"id-{i:x8}");
        }

        for (var row = 0; row < _rows; row++)
        {
            Encoding.UTF8.GetString(_column.Value(_column.Number(row))).ShouldBe($"id-{row:x8}");
        }
    }

    private void Add(string text) => _column.Set(_rows++, Encoding.UTF8.GetBytes(text));
}
