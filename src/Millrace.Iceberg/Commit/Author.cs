namespace Millrace.Iceberg;

/// <summary>Who writes: the clock, the source of ids and the engine's name in summaries. Thread safe.</summary>
/// <remarks>File names come from the random source: two writers of one table must not share a seed.</remarks>
public sealed class Author(TimeProvider clock, Random random, string engineVersion)
{
    /// <summary>JSON readers in JavaScript hold integers exactly below this.</summary>
    private const long IdEnd = 1L << 53;

    private const int UuidBytes = 16;
    private readonly Lock _lock = new();

    /// <summary>Name in every snapshot's summary.</summary>
    public static string EngineName => "millrace";

    public string EngineVersion { get; } = engineVersion;

    internal TimeProvider Clock { get; } = clock;

    /// <summary>Milliseconds since 1970, never before a table's last update.</summary>
    internal long NowMs(long lastUpdatedMs) => Math.Max(Clock.GetUtcNow().ToUnixTimeMilliseconds(), lastUpdatedMs);

    internal SnapshotStart StartSnapshot(long sequenceNumber)
    {
        lock (_lock)
        {
            var sync = new byte[UuidBytes];
            random.NextBytes(sync);
            return new SnapshotStart(random.NextInt64(1, IdEnd), sequenceNumber, sync);
        }
    }

    /// <summary>A random (version 4) UUID.</summary>
    public Guid NewUuid()
    {
        Span<byte> bytes = stackalloc byte[UuidBytes];
        lock (_lock)
        {
            random.NextBytes(bytes);
        }
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A duration between half of <paramref name="span"/> and all of it.</summary>
    internal TimeSpan Jitter(TimeSpan span)
    {
        lock (_lock)
        {
            return span * (0.5 + (random.NextDouble() / 2));
        }
    }
}
