namespace Millrace.Lake;

/// <summary>A column of numbers of up to 8 bytes: times as microseconds, reals as their bits, flags as 0 and
/// 1.</summary>
/// <remarks>Hot path. Not thread safe.</remarks>
internal sealed class NumberColumn
{
    private const int RowsAtStart = 256;

    private long[] _values = [];
    private bool[] _isSet = [];
    private int _rows;

    public bool IsEmpty => _rows == 0;

    /// <returns>False: the row has no value.</returns>
    public bool TryGet(int row, out long value)
    {
        var isSet = row < _rows && _isSet[row];
        value = isSet ? _values[row] : 0;
        return isSet;
    }

    /// <summary>Sets a row after all rows that were set before, or the last of them anew.</summary>
    public void Set(int row, long value)
    {
        if (row >= _values.Length)
        {
            var length = Math.Max(row + 1, Math.Max(RowsAtStart, _values.Length * 2));
            Array.Resize(ref _values, length);
            Array.Resize(ref _isSet, length);
        }
        if (row > _rows)
        {
            _isSet.AsSpan(_rows, row - _rows).Clear();
        }
        _values[row] = value;
        _isSet[row] = true;
        _rows = row + 1;
    }

    public void Clear() => _rows = 0;
}
