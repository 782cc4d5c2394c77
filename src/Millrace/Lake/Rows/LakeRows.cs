using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Rows of a table in memory, column by column, in the order in which they came.</summary>
/// <remarks>Hot path. A column is named by its field id. A row gets its values in one go and then
/// <see cref="EndRow"/>; a column that is left alone costs nothing. Not thread safe.</remarks>
internal sealed class LakeRows
{
    private readonly TextHeap _heap = new();
    private readonly TextColumn?[] _texts;
    private readonly NumberColumn?[] _numbers;
    private readonly int _rowBytes;

    public LakeRows(LakeTable table)
    {
        Table = table;
        var count = table.Schema.HighestId + 1;
        _texts = new TextColumn?[count];
        _numbers = new NumberColumn?[count];
        foreach (var field in table.Schema.Fields)
        {
            if (field.Type == FieldType.String || field.Type == FieldType.Binary)
            {
                _texts[field.Id] = new TextColumn(_heap);
                _rowBytes += sizeof(int);
            }
            else
            {
                _numbers[field.Id] = new NumberColumn();
                _rowBytes += sizeof(long) + sizeof(bool);
            }
        }
    }

    public LakeTable Table { get; }

    /// <summary>Rows that are complete.</summary>
    public int Count { get; private set; }

    /// <summary>About the memory that the rows take.</summary>
    public long Bytes => _heap.Bytes + (long)Count * _rowBytes;

    /// <summary>The column of a field; null if it holds numbers.</summary>
    public TextColumn? Text(int field) => _texts[field];

    /// <summary>The column of a field; null if it holds text or bytes.</summary>
    public NumberColumn? Numbers(int field) => _numbers[field];

    public void Set(int field, ReadOnlySpan<byte> text) => _texts[field]!.Set(Count, text);

    public void Set(int field, long number) => _numbers[field]!.Set(Count, number);

    public void EndRow() => Count++;

    /// <summary>Ends rows whose columns were filled one by one, each from row <see cref="Count"/> on.</summary>
    public void EndRows(int rows) => Count += rows;

    /// <summary>Forgets the rows, and keeps memory for as many again.</summary>
    public void Clear()
    {
        _heap.Clear();
        foreach (var column in _texts)
        {
            column?.Clear();
        }
        foreach (var column in _numbers)
        {
            column?.Clear();
        }
        Count = 0;
    }
}
