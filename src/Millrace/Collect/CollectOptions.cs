using System.ComponentModel.DataAnnotations;

namespace Millrace.Collect;

/// <summary>Every limit of the HTTP edge, with its unit. What an operator may change stands in <c>millrace.json</c>
/// (<see cref="Control.CollectSettings"/>); the rest changes here only.</summary>
/// <remarks>Numbers from measurements on Kestrel 10 unless another source is named.</remarks>
internal sealed record CollectOptions
{
    /// <summary>Kestrel's default is 30 s: a socket dripping one byte a second would hold on for as long.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Kestrel's default, 240 bytes/s, lets a 1 MB body hold a socket for 73 minutes.</summary>
    [Range(1, int.MaxValue)]
    public int BodyBytesPerSecondMin { get; init; } = 4 << 10;

    public TimeSpan BodyRateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For the whole body, counted from the end of the headers; 408 beyond.</summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From one address that is no trusted network; further ones are closed at once.</summary>
    [Range(1, int.MaxValue)]
    public int ConnectionsPerAddressMax { get; init; } = 1_000;

    [Range(1, 1_000)]
    public int HeadersMax { get; init; } = 64;

    [Range(1, 1 << 20)]
    public int HeaderBytesMax { get; init; } = 32 << 10;

    /// <summary>A pixel of a tracker puts the whole event there: 36 KB were seen.</summary>
    [Range(1, 1 << 20)]
    public int RequestLineBytesMax { get; init; } = 64 << 10;

    /// <summary>Kestrel's own stop for any body, on either side; each protocol has its own, mostly smaller.</summary>
    [Range(1, long.MaxValue)]
    public long BodyBytesMax { get; init; } = 64_000_000;

    /// <summary>Memory of all bodies being read, decoded or waiting for the log; 503 beyond.</summary>
    [Range(1, long.MaxValue)]
    public long BodyBytesInFlightMax { get; init; } = 256 << 20;

    /// <summary>A body that decodes to more than <see cref="RatioFreeBytes"/> and more than this many times its
    /// size is refused: 512 MiB of zeros are 809 bytes of brotli.</summary>
    [Range(1, int.MaxValue)]
    public int DecodedRatioMax { get; init; } = 200;

    [Range(0, int.MaxValue)]
    public int RatioFreeBytes { get; init; } = 256 << 10;

    /// <summary>Bodies in brotli that are decoded or wait for it; 503 beyond.</summary>
    [Range(1, int.MaxValue)]
    public int BrotliBodiesMax { get; init; } = 256;

    /// <summary>Different (minute, tenant, source, route, status, code) kept; further ones are counted as
    /// <c>other</c>.</summary>
    [Range(1, 100_000)]
    public int RefusalRowsMax { get; init; } = 1_000;

    public TimeSpan RefusalsEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a change of control is looked for, to be written into the log.</summary>
    public TimeSpan ControlEvery { get; init; } = TimeSpan.FromMilliseconds(500);
}
