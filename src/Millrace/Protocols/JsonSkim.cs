using System.Numerics;
using System.Runtime.CompilerServices;

namespace Millrace.Protocols;

/// <summary>Walks JSON text from one mark to the next (operator, opening quote, first byte of a number or word), and
/// checks on the way that a strict JSON reader would accept it.</summary>
/// <remarks>
/// Hot path: half of a reader's time (bench/README.md). Where this one gives up it says nothing about
/// why, and may give up on sound text: then a reader decides. Text that it goes through to the end and finds
/// <see cref="IsSound"/> is JSON.
/// </remarks>
/// <param name="text">Valid UTF-8.</param>
internal ref struct JsonSkim(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private ulong _marks; // of the block, those not yet taken
    private int _block = -JsonBlock.Bytes;
    private ulong _isInString; // all ones: the last block ended inside a string
    private ulong _isEscaped; // one: the first byte of the next block follows a backslash
    private ulong _isInScalar; // one: the last byte of the last block belongs to a number or word

    /// <summary>Something is wrong in a string, at or a little behind the mark taken last.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether nothing was wrong with strings; counts once the walk is at the end.</summary>
    public readonly bool IsSound => !IsBroken && _isInString == 0;

    /// <summary>The byte at a mark; 0 at the end.</summary>
    public readonly byte At(int mark) => mark < _text.Length ? _text[mark] : (byte)0;

    /// <summary>The next mark; at the end the length of the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next()
    {
        while (_marks == 0)
        {
            if (_block + JsonBlock.Bytes >= _text.Length)
            {
                return _text.Length;
            }
            ReadBlock();
        }
        var mark = _block + BitOperations.TrailingZeroCount(_marks);
        _marks &= _marks - 1;
        return mark;
    }

    /// <summary>Takes the elements of the array that opens at the mark taken last; gives up on elements that are
    /// neither objects nor arrays.</summary>
    /// <param name="depthMax">Deepest nesting of an element, itself included.</param>
    /// <param name="end">The position behind the array.</param>
    public bool TryElements(int depthMax, List<Range> elements, out int end)
    {
        end = 0;
        var at = Next();
        while (At(at) is (byte)'{' or (byte)'[')
        {
            if (!TrySkipContainer(at, depthMax, out var elementEnd))
            {
                return false;
            }
            elements.Add(at..elementEnd);
            at = Next();
            if (At(at) != ',')
            {
                break;
            }
            at = Next();
            if (At(at) == ']')
            {
                return false;
            }
        }
        end = at + 1;
        return At(at) == ']';
    }

    /// <summary>Goes to the end of the value that begins at the mark taken last.</summary>
    /// <param name="depthMax">Deepest nesting, itself included.</param>
    /// <param name="end">The position behind it.</param>
    public bool TrySkipValue(int at, int depthMax, out int end)
    {
        switch (At(at))
        {
            case (byte)'{' or (byte)'[':
                return TrySkipContainer(at, depthMax, out end);
            case (byte)'"':
                end = StringEnd(at);
                return end > 0;
            default:
                end = JsonScalar.End(_text, at);
                return end > 0;
        }
    }

    /// <summary>Goes to the end of the object or array that opens at the mark taken last.</summary>
    /// <param name="depthMax">Deepest nesting, itself included.</param>
    /// <param name="end">The position behind it.</param>
    public bool TrySkipContainer(int open, int depthMax, out int end)
    {
        Span<bool> areObjects = stackalloc bool[BodyReader.DepthMax + 1];
        var depth = 0;
        var at = open;
        while (true)
        {
            var hasEnded = true;
            switch (At(at))
            {
                case (byte)'{' or (byte)'[' when depth == depthMax:
                    end = 0;
                    return false;
                case (byte)'{':
                    areObjects[++depth] = true;
                    hasEnded = TryEnter((byte)'}', ref at);
                    depth -= hasEnded ? 1 : 0;
                    break;
                case (byte)'[':
                    areObjects[++depth] = false;
                    hasEnded = TryEnter((byte)']', ref at);
                    depth -= hasEnded ? 1 : 0;
                    break;
                case (byte)'"':
                    break;
                default:
                    if (JsonScalar.End(_text, at) == 0)
                    {
                        end = 0;
                        return false;
                    }
                    break;
            }
            if (hasEnded)
            {
                depth = depth == 0 ? 0 : Leave(areObjects, depth, ref at);
                if (depth <= 0)
                {
                    end = at + 1;
                    return depth == 0;
                }
            }
            if (areObjects[depth] && !TryName(ref at))
            {
                end = 0;
                return false;
            }
        }
    }

    /// <summary>Takes the name and colon before a value.</summary>
    /// <param name="at">The name's mark; then that of the value.</param>
    public bool TryName(ref int at)
    {
        if (At(at) != '"' || At(Next()) != ':')
        {
            return false;
        }
        at = Next();
        return true;
    }

    /// <returns>Whether nothing stands in the container; <paramref name="at"/> is then its close, else what stands in
    /// it first.</returns>
    private bool TryEnter(byte close, ref int at)
    {
        at = Next();
        return At(at) == close;
    }

    /// <summary>Goes from the end of a value to the next one, out of containers that end.</summary>
    /// <returns>The depth of the next value; 0: the outermost container has ended; -1: there is neither comma nor
    /// end.</returns>
    private int Leave(scoped ReadOnlySpan<bool> areObjects, int depth, ref int at)
    {
        while (true)
        {
            at = Next();
            var mark = At(at);
            if (mark == ',')
            {
                at = Next();
                return depth;
            }
            if (mark != (areObjects[depth] ? '}' : ']'))
            {
                return -1;
            }
            if (--depth == 0)
            {
                return 0;
            }
        }
    }

    private readonly int StringEnd(int open)
    {
        for (var at = open + 1; at < _text.Length; at += 2)
        {
            var found = _text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0)
            {
                return 0;
            }
            at += found;
            if (_text[at] == '"')
            {
                return at + 1;
            }
        }
        return 0;
    }

    private void ReadBlock()
    {
        _block += JsonBlock.Bytes;
        var rest = _text[_block..];
        JsonBlock block;
        if (rest.Length >= JsonBlock.Bytes)
        {
            block = JsonBlock.Read(rest);
        }
        else
        {
            Span<byte> padded = stackalloc byte[JsonBlock.Bytes];
            padded.Fill((byte)' ');
            rest.CopyTo(padded);
            block = JsonBlock.Read(padded);
        }
        var quotes = block.Quotes & ~Escaped(block.Backslashes);
        var strings = JsonBlock.ParityUpTo(quotes) ^ _isInString; // with their opening quotes
        _isInString = (ulong)((long)strings >> 63);
        IsBroken |= (block.Controls & strings) != 0;
        var spaces = block.Spaces;
        if (block.Controls != 0)
        {
            spaces |= WhiteControls(block.Controls);
        }
        var scalars = ~(strings | quotes | block.Operators | spaces);
        var scalarStarts = scalars & ~((scalars << 1) | _isInScalar);
        _isInScalar = scalars >> 63;
        _marks = (block.Operators & ~strings) | (quotes & strings) | scalarStarts;
    }

    /// <summary>The bytes of the block that follow a backslash which is not itself escaped.</summary>
    private ulong Escaped(ulong backslashes)
    {
        var escaped = _isEscaped;
        backslashes &= ~_isEscaped;
        _isEscaped = 0;
        while (backslashes != 0)
        {
            var at = BitOperations.TrailingZeroCount(backslashes);
            IsBroken |= !JsonScalar.IsEscape(_text, _block + at);
            _isEscaped = at == JsonBlock.Bytes - 1 ? 1UL : 0;
            escaped |= 2UL << at;
            backslashes &= ~(3UL << at);
        }
        return escaped;
    }

    /// <summary>Of bytes below the space those that are white space; the others end up in a number or word, where they
    /// do not belong.</summary>
    private readonly ulong WhiteControls(ulong controls)
    {
        var white = 0UL;
        for (; controls != 0; controls &= controls - 1)
        {
            var at = BitOperations.TrailingZeroCount(controls);
            white |= _text[_block + at] is (byte)'\n' or (byte)'\r' or (byte)'\t' ? 1UL << at : 0;
        }
        return white;
    }
}
