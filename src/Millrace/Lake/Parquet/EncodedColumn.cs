namespace Millrace.Lake;

/// <summary>What <see cref="ColumnEncoder"/> made of one column of a row group.</summary>
internal readonly record struct EncodedColumn
{
    public required int Nulls { get; init; }

    /// <summary>Entries of the dictionary; 0: the values stand in the data page themselves.</summary>
    public int DictionaryCount { get; init; }

    /// <summary>The least and the greatest value that is neither null nor NaN, as Parquet writes it plain, text without
    /// its length; null: there is none. Text is cut after <see cref="TextBytesMax"/> bytes.</summary>
    public byte[]? Least { get; init; }

    public byte[]? Greatest { get; init; }

    /// <summary>Enough for more than the 16 characters that bounds of files keep.</summary>
    public const int TextBytesMax = 80;
}
