using System.Net;
using Millrace.Log;

namespace Millrace.Control;

/// <summary>What <c>millrace.json</c> says: one immutable snapshot, swapped whole when the file changes.</summary>
/// <remarks>Every default is safe without a file. Read by <see cref="SettingsFile"/>, kept by
/// <see cref="LiveSettings"/>. Sizes are bytes.</remarks>
internal sealed record Settings
{
    public static readonly Settings Default = new();

    /// <summary><c>http.address</c>; null: <c>--http</c> or its default decides.</summary>
    public string? HttpAddress { get; init; }

    /// <summary><c>api.address</c>; null: the same port as <c>--http</c>.</summary>
    public string? ApiAddress { get; init; }

    public HttpsSettings? Https { get; init; }

    public LogSettings Log { get; init; } = new();

    public LakeSettings Lake { get; init; } = new();

    public QuerySettings Query { get; init; } = new();

    public CollectSettings Collect { get; init; } = new();

    public RefineSettings Refine { get; init; } = new();

    /// <summary><c>forwarded.networks</c>: whose X-Forwarded-For and -Proto are believed. None by default.</summary>
    public IReadOnlyList<IPNetwork> TrustedNetworks { get; init; } = [];

    /// <summary>Tenants declared in the file; control.db may hold more.</summary>
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>Keys declared in the file, as hashes; they add to those of control.db.</summary>
    public IReadOnlyList<KeyGrant> Keys { get; init; } = [];

    /// <summary>Names of the slices that differ from <paramref name="running"/> and count only after a
    /// restart.</summary>
    public IEnumerable<string> NeedRestart(Settings running)
    {
        if (HttpAddress != running.HttpAddress) { yield return "http"; }
        if (ApiAddress != running.ApiAddress) { yield return "api"; }
        if (Https != running.Https) { yield return "https"; }
        if (Log != running.Log) { yield return "log"; }
        if (Lake != running.Lake) { yield return "lake"; }
        if (Query != running.Query) { yield return "query"; }
        if (Collect.ConnectionsMax != running.Collect.ConnectionsMax) { yield return "collect.connections_max"; }
    }
}

/// <summary><c>log</c>.</summary>
internal sealed record LogSettings
{
    public LogDurability Durability { get; init; } = LogDurability.Disk;

    /// <summary>From 64 KiB to 1 GiB, a multiple of 4,096; new segments have this size.</summary>
    public long SegmentBytes { get; init; } = 128 << 20;

    /// <summary>Bytes appended but not yet synced, from 64 KiB to 1 GiB; beyond it requests get 503.</summary>
    public long InFlightBytes { get; init; } = 64 << 20;
}

/// <summary><c>lake</c>.</summary>
internal sealed record LakeSettings
{
    /// <summary>A commit is due after this many bytes of log, or after <see cref="CommitEvery"/>.</summary>
    public long CommitBytes { get; init; } = 128 << 20;

    public TimeSpan CommitEvery { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan HotEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Of the rows that wait for a commit: one is due at half of it.</summary>
    public long MemoryBytes { get; init; } = 256 << 20;

    /// <summary>Time between two looks at what is to be compacted; other times of compaction are multiples of it. Null:
    /// nothing is compacted but by hand.</summary>
    public TimeSpan? CompactEvery { get; init; }

    /// <summary>Free bytes below which the lake stops writing; null: the smaller of 2 % and 1 GiB.</summary>
    public long? FreeBytesMin { get; init; }
}

/// <summary><c>refine</c>: what decides over rows. It becomes part of the control version, a record in the log, so
/// that a replay applies what was in force.</summary>
internal sealed record RefineSettings
{
    public const int EventBytesDefault = 1_000_000;

    /// <summary>A larger event becomes a failed event, <c>event_too_large</c>.</summary>
    public int EventBytes { get; init; } = EventBytesDefault;
}

/// <summary><c>query</c>.</summary>
internal sealed record QuerySettings
{
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most a request may ask for with <c>timeout_ms</c>.</summary>
    public TimeSpan TimeoutMax { get; init; } = TimeSpan.FromSeconds(300);

    public long MemoryBytes { get; init; } = 256 << 20;

    public int Threads { get; init; } = 2;
}

/// <summary><c>collect</c>.</summary>
internal sealed record CollectSettings
{
    public const int BodyBytesDefault = 4_000_000;

    /// <summary>Longest accepted body after decompression, by protocol name; <see cref="BodyBytesMax"/> has
    /// defaults.</summary>
    public IReadOnlyDictionary<string, int> BodyBytes { get; init; } = new Dictionary<string, int>();

    /// <summary>Connections open at once, over all addresses.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    public int BodyBytesMax(string protocol) => BodyBytes.GetValueOrDefault(protocol, BodyBytesDefault);
}

/// <summary><c>https</c>: a certificate in PEM (with its key) or PFX (with its password).</summary>
internal sealed record HttpsSettings(string Certificate, string? Key, string? Password)
{
    // The generated text would show the password.
    public override string ToString() => Certificate;
}
