namespace Millrace.Refine;

/// <summary>An id run that must not be used: without it duplicates could pass.</summary>
internal sealed class IdRunException : Exception
{
    public const string DamagedCode = "damaged";

    private IdRunException(string code, string path, string message) : base(message) => (Code, Path) = (code, path);

    /// <summary><c>damaged</c>, <c>newer</c> or <c>other_key</c>.</summary>
    public string Code { get; }

    /// <summary>The run.</summary>
    public string Path { get; }

    public bool IsDamage => Code == DamagedCode;

    public static IdRunException Damaged(string path, string how) =>
        new(DamagedCode, path, $"The id run {path} is damaged: {how}.");

    public static IdRunException Newer(string path, uint version) =>
        new("newer", path, $"The id run {path} has version {version}: a newer Millrace wrote it. Start that one.");

    public static IdRunException OtherKey(string path) =>
        new("other_key", path, $"The id run {path} was made with another key than the one in catalog.db: "
            + "one of the two comes from another data directory. Restore both from the same backup.");
}
