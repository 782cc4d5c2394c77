namespace Millrace.Cli;

/// <summary>What <see cref="SendVerb"/> was asked for.</summary>
/// <param name="Files">Paths; <c>-</c> is standard input.</param>
internal sealed record SendRequest(IReadOnlyList<string> Files, Uri To)
{
    public required string Key { get; init; }

    /// <summary>Events per second; null: as fast as the server answers.</summary>
    public double? Rate { get; init; }

    public required int BatchEvents { get; init; }

    public bool Json { get; init; }
}
