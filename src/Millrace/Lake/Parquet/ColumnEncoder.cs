using System.Buffers;
using System.Buffers.Binary;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Encodes one column of one row group: a dictionary page where that is shorter, and a data page.</summary>
/// <remarks>
/// <code>
/// dictionary   the distinct values, plain
/// data         bytes of the definition levels (4, LE) · the levels as runs: 1 where there is a value
///              · the values plain, or the width of the indexes (1 byte) and the indexes as runs
/// plain        text: length (4, LE) and bytes · long, time, real: 8 bytes LE · int: 4 · flags: bits, the lowest first
/// </code>
/// Hot path. The pages are valid until the next call. Not thread safe.
/// </remarks>
internal sealed class ColumnEncoder
{
    /// <summary>A buffer that grew beyond this is not used again.</summary>
    public const int BufferBytesKept = 16 << 20;

    private readonly int[] _levels;
    private readonly int[] _indexes;
    private readonly int[] _distinct;
    private readonly long[] _values;
    private readonly NumberIndexes _numberIndexes = new();
    private readonly ArrayBufferWriter<byte> _levelRuns = new(1 << 12);

    // By a text's number one more than its index in the dictionary; 0 between two calls.
    private int[] _indexOf = [];

    /// <param name="rowsMax">Most rows of a row group.</param>
    public ColumnEncoder(int rowsMax)
    {
        _levels = new int[rowsMax];
        _indexes = new int[rowsMax];
        _distinct = new int[rowsMax];
        _values = new long[rowsMax];
    }

    public ArrayBufferWriter<byte> Dictionary { get; private set; } = new();

    public ArrayBufferWriter<byte> Data { get; private set; } = new();

    public EncodedColumn Encode(TextColumn column, ReadOnlySpan<int> rows)
    {
        Clear();
        var count = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var number = column.IsEmpty ? TextColumn.Null : column.Number(rows[i]);
            _levels[i] = number == TextColumn.Null ? 0 : 1;
            _indexes[count] = number;
            count += _levels[i];
        }
        WriteLevels(rows.Length, count);
        if (count == 0)
        {
            return new EncodedColumn { Nulls = rows.Length };
        }
        return WriteTexts(column, count) with { Nulls = rows.Length - count };
    }

    public EncodedColumn Encode(NumberColumn column, PrimitiveKind kind, ReadOnlySpan<int> rows)
    {
        Clear();
        var count = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            _levels[i] = column.TryGet(rows[i], out _values[count]) ? 1 : 0;
            count += _levels[i];
        }
        WriteLevels(rows.Length, count);
        var values = _values.AsSpan(0, count);
        var (least, greatest) = NumberRange.Of(values, kind);
        var dictionaryCount = 0;
        if (kind == PrimitiveKind.Boolean)
        {
            WriteBits(values);
        }
        else if (_numberIndexes.TryNumber(values, _indexes))
        {
            dictionaryCount = _numberIndexes.Distinct.Length;
            PlainNumbers.Write(Dictionary, _numberIndexes.Distinct, kind);
            WriteIndexes(count, dictionaryCount);
        }
        else
        {
            PlainNumbers.Write(Data, values, kind);
        }
        return new EncodedColumn
        {
            Nulls = rows.Length - count, DictionaryCount = dictionaryCount, Least = least, Greatest = greatest,
        };
    }

    private void Clear()
    {
        Dictionary = Emptied(Dictionary);
        Data = Emptied(Data);
    }

    /// <summary>A few large payloads must not keep their memory for ever.</summary>
    private static ArrayBufferWriter<byte> Emptied(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        return buffer.Capacity > BufferBytesKept ? new ArrayBufferWriter<byte>() : buffer;
    }

    private void WriteLevels(int rows, int count)
    {
        _levelRuns.ResetWrittenCount();
        if (count == 0 || count == rows)
        {
            RunEncoder.WriteRun(_levelRuns, count == 0 ? 0 : 1, rows, 1);
        }
        else
        {
            RunEncoder.Write(_levelRuns, _levels.AsSpan(0, rows), 1);
        }
        BinaryPrimitives.WriteInt32LittleEndian(Data.GetSpan(sizeof(int)), _levelRuns.WrittenCount);
        Data.Advance(sizeof(int));
        Data.Write(_levelRuns.WrittenSpan);
    }

    private EncodedColumn WriteTexts(TextColumn column, int count)
    {
        var numbers = _indexes.AsSpan(0, count);
        var bytes = 0L;
        foreach (var number in numbers)
        {
            bytes += sizeof(int) + column.Length(number);
        }
        var distinct = _distinct.AsSpan(0, Index(column, numbers));
        var dictionaryBytes = 0L;
        foreach (var number in distinct)
        {
            dictionaryBytes += sizeof(int) + column.Length(number);
        }
        var (least, greatest) = TextRange.Of(column, distinct);
        var indexBytes = (long)count * RunEncoder.Width(distinct.Length - 1) / 8;
        if (dictionaryBytes + indexBytes < bytes)
        {
            WritePlain(Dictionary, column, distinct, (int)dictionaryBytes);
            WriteIndexes(count, distinct.Length);
            return new EncodedColumn
            {
                Nulls = 0, DictionaryCount = distinct.Length, Least = least, Greatest = greatest,
            };
        }
        foreach (ref var index in numbers)
        {
            index = distinct[index];
        }
        WritePlain(Data, column, numbers, (int)bytes);
        return new EncodedColumn { Nulls = 0, Least = least, Greatest = greatest };
    }

    /// <summary>Replaces the texts' numbers by indexes into <c>_distinct</c>, in the order of first use.</summary>
    private int Index(TextColumn column, Span<int> numbers)
    {
        if (_indexOf.Length < column.ValueCount)
        {
            _indexOf = new int[Math.Max(column.ValueCount, _indexOf.Length * 2)];
        }
        var count = 0;
        foreach (ref var number in numbers)
        {
            ref var index = ref _indexOf[number];
            if (index == 0)
            {
                _distinct[count++] = number;
                index = count;
            }
            number = index - 1;
        }
        foreach (var number in _distinct.AsSpan(0, count))
        {
            _indexOf[number] = 0;
        }
        return count;
    }

    private static void WritePlain(
        ArrayBufferWriter<byte> target, TextColumn column, ReadOnlySpan<int> numbers, int bytes)
    {
        var span = target.GetSpan(bytes);
        foreach (var number in numbers)
        {
            var text = column.Value(number);
            BinaryPrimitives.WriteInt32LittleEndian(span, text.Length);
            text.CopyTo(span[sizeof(int)..]);
            span = span[(sizeof(int) + text.Length)..];
        }
        target.Advance(bytes);
    }

    private void WriteIndexes(int count, int distinct)
    {
        // Never 0 bits wide: not every reader knows what to do then.
        var width = Math.Max(1, RunEncoder.Width(distinct - 1));
        Data.GetSpan(1)[0] = (byte)width;
        Data.Advance(1);
        RunEncoder.Write(Data, _indexes.AsSpan(0, count), width);
    }

    private void WriteBits(ReadOnlySpan<long> flags)
    {
        var bytes = (flags.Length + 7) / 8;
        var span = Data.GetSpan(bytes)[..bytes];
        span.Clear();
        for (var i = 0; i < flags.Length; i++)
        {
            span[i / 8] |= (byte)(flags[i] << i % 8);
        }
        Data.Advance(bytes);
    }
}
