namespace Millrace.Send;

/// <summary>Reads events from NDJSON or JSON arrays of any length; holds one event at a time.</summary>
/// <remarks>
/// A file that opens with <c>[</c> is an array, else each line is an event, whatever it holds: what is wrong with it
/// is for the server to say. After an array another one or lines may follow. Elements come out on one line each.
/// </remarks>
internal sealed class EventReader(Stream input)
{
    /// <summary>A longer event would not fit a request of 4 MB, alone or not.</summary>
    public const int EventBytesMax = 3_990_000;

    private byte[] _buffer = new byte[256 * 1024];
    private int _start, _scan, _end;
    private bool _hasEnded, _isInLines, _isInArray, _isInString, _isEscaped;
    private int _depth;
    private long _line, _element;

    /// <summary>The current event; valid until the next read. Empty if <see cref="IsTooLong"/>.</summary>
    public ReadOnlyMemory<byte> Event { get; private set; }

    /// <summary>The event's line, or in an array its place; from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The event is longer than <see cref="EventBytesMax"/> and was skipped.</summary>
    public bool IsTooLong { get; private set; }

    /// <returns>False: there are no more.</returns>
    /// <exception cref="EndOfStreamException">The input ends inside an array.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        IsTooLong = false;
        while (true)
        {
            if (!_isInArray && !await FindBeginAsync(cancellationToken))
            {
                return false;
            }
            while (!(_isInArray ? ScanElement() : ScanLine()))
            {
                await FillAsync(cancellationToken);
                if (_hasEnded && _isInArray && _scan == _end)
                {
                    throw new EndOfStreamException("The input ends inside its array, after element " +
                        $"{_element}; is the file complete?");
                }
            }
            if (TryTake())
            {
                return true;
            }
        }
    }

    /// <summary>Skips white space, counts lines, and enters an array if one begins.</summary>
    private async ValueTask<bool> FindBeginAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            for (; _start < _end; _start++)
            {
                var value = _buffer[_start];
                if (value == '\n')
                {
                    _line++;
                }
                else if (value is not ((byte)' ' or (byte)'\t' or (byte)'\r' or 0xEF or 0xBB or 0xBF))
                {
                    _isInArray = value == '[' && !_isInLines;
                    _isInLines = !_isInArray;
                    _start += _isInArray ? 1 : 0;
                    _scan = _start;
                    return true;
                }
            }
            if (_hasEnded)
            {
                return false;
            }
            _scan = _start;
            await FillAsync(cancellationToken);
        }
    }

    /// <summary>Moves the scan to the end of the line.</summary>
    private bool ScanLine()
    {
        var found = _buffer.AsSpan(_scan, _end - _scan).IndexOf((byte)'\n');
        _scan = found < 0 ? _end : _scan + found;
        return found >= 0 || _hasEnded;
    }

    /// <summary>Moves the scan to the comma or bracket behind the element.</summary>
    private bool ScanElement()
    {
        for (; _scan < _end; _scan++)
        {
            var value = _buffer[_scan];
            if (_isInString)
            {
                _isInString = _isEscaped || value != '"';
                _isEscaped = !_isEscaped && value == '\\';
            }
            else if (_depth == 0 && value is (byte)',' or (byte)']')
            {
                return true;
            }
            else
            {
                _isInString = value == '"';
                _depth = value is (byte)'{' or (byte)'[' ? _depth + 1
                    : value is (byte)'}' or (byte)']' ? Math.Max(0, _depth - 1)
                    : _depth;
            }
        }
        return false;
    }

    /// <summary>Makes what was scanned the current event, unless it is blank.</summary>
    private bool TryTake()
    {
        var text = _buffer.AsMemory(_start, _scan - _start).Trim(" \t\r\n"u8);
        var wasArray = _isInArray;
        if (_isInArray)
        {
            _isInArray = _buffer[_scan] != ']';
            _scan++;
            _buffer.AsSpan(_start, _scan - _start).Replace((byte)'\n', (byte)' ');
            _buffer.AsSpan(_start, _scan - _start).Replace((byte)'\r', (byte)' ');
        }
        _start = _scan;
        if (text.IsEmpty && !IsTooLong)
        {
            return false;
        }
        Number = wasArray ? ++_element : _line + 1;
        Event = IsTooLong ? default : text;
        return true;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_scan - _start > EventBytesMax)
        {
            IsTooLong = true;
            _start = _scan;
        }
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_scan, _end, _start) = (_scan - _start, _end - _start, 0);
        }
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        var read = await input.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _hasEnded |= read == 0;
    }
}
