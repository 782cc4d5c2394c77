namespace Millrace.Lake;

/// <summary>Where a text stands in a <see cref="TextHeap"/>.</summary>
internal readonly record struct TextPlace(int Piece, int Start, int Length);

/// <summary>Bytes of many texts, in pieces that never move: it grows without copying and is used again without
/// allocating. Hot path. Not thread safe.</summary>
internal sealed class TextHeap
{
    private const int PieceBytes = 1 << 20;
    private const int PlaceBytes = 16;

    private readonly List<byte[]> _pieces = [];
    private int _last = -1;
    private int _used;

    /// <summary>Bytes of the texts it holds and of their places.</summary>
    public long Bytes { get; private set; }

    public ReadOnlySpan<byte> this[TextPlace place] => _pieces[place.Piece].AsSpan(place.Start, place.Length);

    public TextPlace Add(ReadOnlySpan<byte> text)
    {
        if (_last < 0 || _pieces[_last].Length - _used < text.Length)
        {
            Extend(text.Length);
        }
        var place = new TextPlace(_last, _used, text.Length);
        text.CopyTo(_pieces[_last].AsSpan(_used));
        _used += text.Length;
        Bytes += text.Length + PlaceBytes;
        return place;
    }

    /// <summary>Forgets all texts. Memory for as many again stays, but for texts longer than a piece.</summary>
    public void Clear()
    {
        _pieces.RemoveRange(_last + 1, _pieces.Count - _last - 1);
        _pieces.RemoveAll(piece => piece.Length > PieceBytes);
        (_last, _used, Bytes) = (-1, 0, 0);
    }

    private void Extend(int bytes)
    {
        _last++;
        _used = 0;
        if (_last == _pieces.Count || _pieces[_last].Length < bytes)
        {
            _pieces.Insert(_last, GC.AllocateUninitializedArray<byte>(Math.Max(bytes, PieceBytes)));
        }
    }
}
