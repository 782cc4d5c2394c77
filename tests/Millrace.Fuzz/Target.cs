namespace Millrace.Fuzz;

/// <summary>Code that takes bytes nobody can vouch for, and what must hold whatever they are.</summary>
/// <param name="Name">As it is called for.</param>
/// <param name="Namespaces">Whose blocks are counted.</param>
internal sealed record Target(string Name, IReadOnlyList<string> Namespaces)
{
    /// <summary>Bytes that one run may allocate.</summary>
    public long AllocatedMax { get; init; } = 64 << 20;

    /// <summary>Words worth trying anywhere in an input.</summary>
    public IReadOnlyList<byte[]> Dictionary { get; init; } = [];

    /// <summary>Made only in the instrumented copy of the program.</summary>
    public required Func<TargetRun> Start { get; init; }
}

/// <param name="Seeds">Inputs to begin with.</param>
/// <param name="Run">Takes one input.
/// Throws for whatever must not happen, and for nothing else.</param>
internal sealed record TargetRun(IReadOnlyList<byte[]> Seeds, Action<byte[]> Run);

/// <summary>Something that must hold does not.</summary>
internal sealed class FindingException(string what) : Exception(what)
{
    public static void ThrowIf(bool isWrong, string what)
    {
        if (isWrong)
        {
            throw new FindingException(what);
        }
    }
}
