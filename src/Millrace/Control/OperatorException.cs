namespace Millrace.Control;

/// <summary>Something only the operator can put right. The message is one sentence that says what to do; the program
/// prints it alone, without a stack, and exits.</summary>
/// <param name="exitCode">1: it failed; 2: it was asked for wrongly.</param>
internal sealed class OperatorException(int exitCode, string message, Exception? cause = null)
    : Exception(message, cause)
{
    public const int Failed = 1;
    public const int BadUsage = 2;

    public int ExitCode { get; } = exitCode;
}
