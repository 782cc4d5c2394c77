using System.Buffers;

namespace Millrace.Protocols;

/// <summary>Bytes put together on the stack, and in a pooled array once they outgrow it. Dispose it by hand.</summary>
/// <remarks>Hot path.</remarks>
internal ref struct JsonScratch(Span<byte> initial)
{
    private Span<byte> _bytes = initial;
    private byte[]? _rented;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _bytes[.._length];

    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _length < bytes.Length)
        {
            Grow(bytes.Length);
        }
        bytes.CopyTo(_bytes[_length..]);
        _length += bytes.Length;
    }

    /// <summary>Appends members, which stand between the braces of an object, after those that are there.</summary>
    public void AppendMembers(scoped ReadOnlySpan<byte> members)
    {
        members = members.Trim(" \t\r\n"u8);
        if (members.IsEmpty)
        {
            return;
        }
        if (_length > 0 && _bytes[_length - 1] != '{')
        {
            Append(","u8);
        }
        Append(members);
    }

    /// <param name="name">The inside of the name's string, as written.</param>
    /// <param name="value">JSON text.</param>
    public void AppendMember(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Append(_length > 0 && _bytes[_length - 1] != '{' ? ",\""u8 : "\""u8);
        Append(name);
        Append("\":"u8);
        Append(value);
    }

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }

    private void Grow(int more)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + more));
        Written.CopyTo(larger);
        Dispose();
        _rented = larger;
        _bytes = larger;
    }
}
