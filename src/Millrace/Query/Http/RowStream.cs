using System.Buffers;

namespace Millrace.Query;

/// <summary>Sends the rows of a query through a format into a stream, in bounded memory.</summary>
internal static class RowStream
{
    /// <summary>Nothing is sent before this much is there, so that most failures still get a status of their
    /// own.</summary>
    private const int SendBytes = 256 << 10;

    public static async Task CopyAsync(
        RunningQuery query, IRowFormat format, Stream output, Func<TimeSpan> elapsed, CancellationToken ct)
    {
        var buffer = new ArrayBufferWriter<byte>(SendBytes);
        format.Begin(query.Columns, buffer);
        var rows = 0L;
        var isTruncated = false;
        while (!isTruncated && await query.NextAsync() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                if (rows == format.RowsMax)
                {
                    isTruncated = true;
                    break;
                }
                format.Row(chunk, row);
                rows++;
                if (buffer.WrittenCount >= SendBytes)
                {
                    await SendAsync(buffer, format, output, ct);
                }
            }
        }
        format.End(new RowsEnd(isTruncated, query.Statistics, elapsed()));
        await SendAsync(buffer, format, output, ct);
    }

    private static async Task SendAsync(
        ArrayBufferWriter<byte> buffer, IRowFormat format, Stream output, CancellationToken ct)
    {
        format.Flush();
        await output.WriteAsync(buffer.WrittenMemory, ct);
        buffer.ResetWrittenCount();
    }
}
