using System.Numerics;
using System.Text;

namespace Millrace.Protocols;

/// <summary>A fixed set of member names, each with a slot: finds the slot of a name without allocating.</summary>
/// <remarks>Hot path. Immutable, thread safe.</remarks>
internal sealed class JsonNames
{
    private readonly (byte[] Name, int Slot)[] _table;
    private readonly Dictionary<int, (string Text, byte[] Utf8)> _bySlot = [];

    public JsonNames(params IEnumerable<(string Name, int Slot)> names)
    {
        var all = names.ToList();
        _table = new (byte[], int)[BitOperations.RoundUpToPowerOf2((uint)all.Count * 4)];
        foreach (var (name, slot) in all)
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, JsonString.NameBytesMax, name);
            var at = Start(bytes);
            while (_table[at].Name is not null)
            {
                at = (at + 1) & (_table.Length - 1);
            }
            _table[at] = (bytes, slot);
            _bySlot.Add(slot, (name, bytes));
        }
    }

    /// <summary>The name of a slot, for messages.</summary>
    public string Name(int slot) => _bySlot[slot].Text;

    public ReadOnlySpan<byte> NameUtf8(int slot) => _bySlot[slot].Utf8;

    /// <summary>The slot of a name; -1: not in the set.</summary>
    /// <param name="inside">The inside of the JSON string, as written.</param>
    public int Find(ReadOnlySpan<byte> inside)
    {
        if (inside.Length > JsonString.NameBytesMax * JsonString.UnicodeEscapeBytes)
        {
            return -1;
        }
        if (!JsonString.IsEscaped(inside))
        {
            return FindText(inside);
        }
        Span<byte> text = stackalloc byte[inside.Length];
        return FindText(text[..JsonString.Unescape(inside, text)]);
    }

    private int FindText(ReadOnlySpan<byte> text)
    {
        for (var at = Start(text); _table[at].Name is { } name; at = (at + 1) & (_table.Length - 1))
        {
            if (text.SequenceEqual(name))
            {
                return _table[at].Slot;
            }
        }
        return -1;
    }

    private int Start(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return 0;
        }
        // Length and three letters tell the names of one protocol apart well enough.
        var hash = (uint)(text.Length * 31 + text[0]) * 0x9E3779B1
            + (uint)(text[text.Length / 2] * 7 + text[^1]) * 0x85EBCA77;
        return (int)((hash ^ (hash >> 15)) & (uint)(_table.Length - 1));
    }
}
