using System.ComponentModel.DataAnnotations;

namespace Millrace.Watch;

/// <summary>What <c>/metrics</c> may hold.</summary>
internal sealed record WatchOptions
{
    /// <summary>Different sets of tags kept per instrument; further ones are added up as one with
    /// <c>overflow="true"</c>.</summary>
    [Range(1, 100_000)]
    public int SeriesPerInstrumentMax { get; init; } = 500;
}
