namespace Millrace.Cli;

/// <summary>What a verb may touch of the process it runs in; tests hand in their own.</summary>
internal sealed record Terminal
{
    /// <summary>Results; with <c>--json</c> its last line is one object.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress and the one sentence about what went wrong.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>A person watches <see cref="Error"/>: lines may be redrawn.</summary>
    public bool IsInteractive { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Standard output as bytes, for data.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>An environment variable; null if it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public static Terminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        IsInteractive = !Console.IsErrorRedirected,
        OpenInput = Console.OpenStandardInput,
        OpenOutput = Console.OpenStandardOutput,
    };
}
