namespace Millrace.Cli;

/// <summary>Ends a verb with one sentence that says what happened and what to do; <see cref="CommandLine"/> prints
/// it.</summary>
internal sealed class CliError(string sentence, int exitCode = CliError.Failed) : Exception(sentence)
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int BadUsage = 2;

    public int ExitCode { get; } = exitCode;

    /// <summary>The arguments make no sense together; exit code 2.</summary>
    public static CliError Usage(string sentence) => new(sentence, BadUsage);
}
