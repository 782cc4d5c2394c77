using System.Globalization;

namespace Millrace.Generate;

/// <summary>What decides every byte of a run.</summary>
internal sealed record TrafficPlan
{
    public required long Seed { get; init; }

    /// <summary>The instant client times are relative to.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>Lines in all, second copies and failures included; null: until the caller stops.</summary>
    public long? Events { get; init; }

    /// <summary>Events per second of client time from <see cref="Start"/> on; null: spread over
    /// <see cref="TrafficModel.History"/> before it, which needs <see cref="Events"/>.</summary>
    public double? Rate { get; init; }

    public int Tenants { get; init; } = 1;

    /// <summary>Each object says its tenant; plain data to Millrace, for people who split a file.</summary>
    public bool WritesTenant { get; init; }

    public static string TenantName(int tenant) => string.Create(CultureInfo.InvariantCulture, $"shop-{tenant + 1:d2}");
}
