using System.Buffers;
using Millrace.DuckDb;

namespace Millrace.Query;

/// <summary>How rows become bytes: JSON, NDJSON or CSV. One object writes one answer.</summary>
internal interface IRowFormat
{
    string ContentType { get; }

    /// <summary>Rows it holds; more are cut off. Null: no bound.</summary>
    long? RowsMax { get; }

    void Begin(IReadOnlyList<ResultColumn> columns, IBufferWriter<byte> output);

    void Row(Chunk chunk, int row);

    /// <summary>Everything handed over so far is in the output.</summary>
    void Flush();

    void End(RowsEnd end);
}

/// <summary>What is known once the rows are out.</summary>
internal readonly record struct RowsEnd(bool IsTruncated, QueryStatistics Statistics, TimeSpan Elapsed);
