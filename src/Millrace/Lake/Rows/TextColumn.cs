using System.Buffers.Binary;

namespace Millrace.Lake;

/// <summary>A column of text: each row has the number of its value, and a value that repeats is kept once.</summary>
/// <remarks>
/// Looking up every value would not pay where nearly all differ, such as ids: a column of which some thousand values
/// hardly repeated stops looking and keeps each value anew. Hashes can be made to meet: a value that finds no place
/// among its neighbours is kept anew too. Hot path. Not thread safe.
/// </remarks>
internal sealed class TextColumn(TextHeap heap)
{
    /// <summary>The value number of a row without a value.</summary>
    public const int Null = -1;

    private const int SlotsAtStart = 256;
    private const int ProbesMax = 32;
    private const int ValuesBeforeGivingUp = 4096;

    /// <summary>In the place of the hash of a value that is not looked up.</summary>
    private const uint Unhashed = 0;

    private int[] _numbers = [];
    private int _rows;
    private TextPlace[] _values = [];
    private uint[] _hashes = [];
    private int[] _slots = new int[SlotsAtStart];
    private int _filled;
    private int _last;
    private bool _isLookedUp = true;

    /// <summary>Values kept; a row's number is less than this.</summary>
    public int ValueCount { get; private set; }

    /// <summary>Whether any row has a value.</summary>
    public bool IsEmpty => _filled == 0;

    public ReadOnlySpan<byte> Value(int number) => heap[_values[number]];

    public int Length(int number) => _values[number].Length;

    /// <summary>The value number of a row, or <see cref="Null"/>.</summary>
    public int Number(int row) => row < _rows ? _numbers[row] : Null;

    /// <summary>Sets a row after all rows that were set before, or the last of them anew.</summary>
    public void Set(int row, ReadOnlySpan<byte> text)
    {
        if (row >= _numbers.Length)
        {
            Array.Resize(ref _numbers, Math.Max(row + 1, Math.Max(SlotsAtStart, _numbers.Length * 2)));
        }
        if (row > _rows)
        {
            _numbers.AsSpan(_rows, row - _rows).Fill(Null);
        }
        _rows = row + 1;
        _filled++;
        _last = NumberOf(text);
        _numbers[row] = _last;
    }

    public void Clear()
    {
        Array.Clear(_slots);
        (_rows, ValueCount, _filled, _last, _isLookedUp) = (0, 0, 0, 0, true);
    }

    private int NumberOf(ReadOnlySpan<byte> text)
    {
        // What a batch shares, and what its events have in common, is the same in row after row.
        if (_last < ValueCount && Value(_last).SequenceEqual(text))
        {
            return _last;
        }
        if (!_isLookedUp)
        {
            return Keep(text, Unhashed);
        }
        var hash = Hash(text);
        var mask = _slots.Length - 1;
        for (var probe = 0; probe < ProbesMax; probe++)
        {
            ref var slot = ref _slots[((int)hash + probe) & mask];
            if (slot == 0)
            {
                var number = Keep(text, hash);
                slot = number + 1;
                if (ValueCount > _slots.Length / 2)
                {
                    Grow();
                }
                return number;
            }
            if (_hashes[slot - 1] == hash && Value(slot - 1).SequenceEqual(text))
            {
                return slot - 1;
            }
        }
        return Keep(text, Unhashed);
    }

    private int Keep(ReadOnlySpan<byte> text, uint hash)
    {
        if (ValueCount == _values.Length)
        {
            var length = Math.Max(SlotsAtStart, ValueCount * 2);
            Array.Resize(ref _values, length);
            Array.Resize(ref _hashes, length);
        }
        _values[ValueCount] = heap.Add(text);
        _hashes[ValueCount] = hash;
        return ValueCount++;
    }

    /// <summary>A larger table, unless the column hardly repeats its values.</summary>
    private void Grow()
    {
        if (ValueCount > ValuesBeforeGivingUp && ValueCount > _filled / 4 * 3)
        {
            _isLookedUp = false;
            return;
        }
        _slots = new int[_slots.Length * 2];
        var mask = _slots.Length - 1;
        for (var number = 0; number < ValueCount; number++)
        {
            if (_hashes[number] == Unhashed)
            {
                continue;
            }
            var at = (int)_hashes[number] & mask;
            while (_slots[at] != 0)
            {
                at = (at + 1) & mask;
            }
            _slots[at] = number + 1;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        const ulong Odd = 0x9E3779B97F4A7C15;
        var hash = (ulong)text.Length * Odd;
        while (text.Length > sizeof(ulong))
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Odd;
            hash ^= hash >> 32;
            text = text[sizeof(ulong)..];
        }
        var rest = 0UL;
        if (text.Length >= sizeof(uint))
        {
            rest = BinaryPrimitives.ReadUInt32LittleEndian(text)
                | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(text[^sizeof(uint)..]) << 32;
        }
        else
        {
            foreach (var letter in text)
            {
                rest = rest << 8 | letter;
            }
        }
        hash = (hash ^ rest) * Odd;
        // Once more: the last letters are in the upper half, and names that are numbered differ in nothing else.
        hash = (hash ^ (hash >> 32)) * Odd;
        return Math.Max((uint)(hash >> 32), Unhashed + 1);
    }
}
