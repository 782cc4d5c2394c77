using System.IO.Compression;
using System.Security.Cryptography;
using Millrace.Send;

namespace Millrace.Cli;

/// <summary>Reads one file after the other into a sender, at the rate that was asked for.</summary>
internal sealed class FileRun(SendRequest request, EventSender sender, BadLines bad, Terminal terminal)
{
    private readonly Pacer? _pacer = request.Rate is { } rate ? new Pacer(rate, terminal.Clock) : null;
    private long _events;

    /// <summary>Returns when the file's last event is handed to the sender.</summary>
    /// <exception cref="IOException">The file cannot be read to its end; what was read before is sent.</exception>
    public async Task SendAsync(string file, ProgressLine progress, CancellationToken cancellationToken)
    {
        await using var raw = file == "-" ? terminal.OpenInput() : File.OpenRead(file);
        await using var input = IsGzip(raw) ? new GZipStream(raw, CompressionMode.Decompress) : raw;
        var reader = new EventReader(input);
        // A pipe cannot be read again, so its lines are new each time.
        var ids = new EventIds(file == "-" ? RandomNumberGenerator.GetHexString(32) : Path.GetFullPath(file));
        var batch = new BatchBuilder(request.Key, request.BatchEvents, file);
        try
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                await PaceAsync(batch, cancellationToken);
                if (reader.IsTooLong)
                {
                    bad.Add(new BadLine(file, reader.Number, "The event is longer than a request may be (4 MB)."));
                    continue;
                }
                if (!batch.Fits(reader.Event.Length))
                {
                    await sender.EnqueueAsync(batch.Take(), cancellationToken);
                    progress.Show(sender.Sent, raw.CanSeek ? raw.Position / (double)raw.Length : null);
                }
                batch.Add(ids.Complete(reader.Event.Span, reader.Number), reader.Number, terminal.Clock.GetTimestamp());
            }
        }
        finally
        {
            if (batch.Events > 0 && !cancellationToken.IsCancellationRequested)
            {
                await sender.EnqueueAsync(batch.Take(), cancellationToken);
            }
        }
    }

    private async ValueTask PaceAsync(BatchBuilder batch, CancellationToken cancellationToken)
    {
        while (_pacer?.IsDue(_events) == false)
        {
            if (batch.Events > 0)
            {
                await sender.EnqueueAsync(batch.Take(), cancellationToken);
            }
            await _pacer.TickAsync(cancellationToken);
        }
        _events++;
    }

    /// <summary>By its first two bytes, whatever it is called; a pipe is taken as it is.</summary>
    private static bool IsGzip(Stream raw)
    {
        if (!raw.CanSeek)
        {
            return false;
        }
        var isGzip = raw.ReadByte() == 0x1F && raw.ReadByte() == 0x8B;
        raw.Position = 0;
        return isGzip;
    }
}
