using System.Buffers.Text;

namespace Millrace.Generate;

/// <summary>One line being written, as UTF-8. Hot path: reused, grows to the largest line once.</summary>
internal sealed class LineBuffer
{
    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    private byte[] _bytes = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public LineBuffer Raw(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        _length += utf8.Length;
        return this;
    }

    public LineBuffer Fill(byte value, int count)
    {
        Room(count)[..count].Fill(value);
        _length += count;
        return this;
    }

    public LineBuffer Whole(long value)
    {
        Utf8Formatter.TryFormat(value, Room(20), out var written);
        _length += written;
        return this;
    }

    /// <summary>With two decimals, as money is written.</summary>
    public LineBuffer Cents(long cents) => Whole(cents / 100).Raw("."u8).Digits(cents % 100, 2);

    /// <summary>Degrees with four decimals (about ten metres).</summary>
    public LineBuffer Degrees(double value)
    {
        var tenThousandths = (long)Math.Round(Math.Abs(value) * 10_000);
        if (value < 0)
        {
            Raw("-"u8);
        }
        return Whole(tenThousandths / 10_000).Raw("."u8).Digits(tenThousandths % 10_000, 4);
    }

    public LineBuffer Hex(ulong value, int digits)
    {
        var room = Room(digits);
        for (var i = 0; i < digits; i++)
        {
            room[i] = HexDigits[(int)(value >> (4 * (digits - 1 - i))) & 15];
        }
        _length += digits;
        return this;
    }

    /// <summary>A random (version 4) UUID made of these bits.</summary>
    public LineBuffer Uuid(ulong high, ulong low) => Hex(high >> 32, 8).Raw("-"u8).Hex(high >> 16, 4).Raw("-4"u8)
        .Hex(high, 3).Raw("-"u8).Hex((low >> 60 & 3) | 8, 1).Hex(low >> 48, 3).Raw("-"u8).Hex(low, 12);

    /// <summary>RFC 3339 with milliseconds, in the zone <paramref name="offsetMinutes"/> from UTC; 0 is written
    /// Z.</summary>
    public LineBuffer Time(long unixMilliseconds, int offsetMinutes)
    {
        var local = DateTime.UnixEpoch.AddMilliseconds(unixMilliseconds).AddMinutes(offsetMinutes);
        Digits(local.Year, 4).Raw("-"u8).Digits(local.Month, 2).Raw("-"u8).Digits(local.Day, 2).Raw("T"u8)
            .Digits(local.Hour, 2).Raw(":"u8).Digits(local.Minute, 2).Raw(":"u8).Digits(local.Second, 2).Raw("."u8)
            .Digits(local.Millisecond, 3);
        if (offsetMinutes == 0)
        {
            return Raw("Z"u8);
        }
        var distance = Math.Abs(offsetMinutes);
        return Raw(offsetMinutes < 0 ? "-"u8 : "+"u8).Digits(distance / 60, 2).Raw(":"u8).Digits(distance % 60, 2);
    }

    public LineBuffer Digits(long value, int count)
    {
        var room = Room(count);
        for (var i = count - 1; i >= 0; i--)
        {
            room[i] = (byte)('0' + value % 10);
            value /= 10;
        }
        _length += count;
        return this;
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }
        return _bytes.AsSpan(_length);
    }
}
