namespace Millrace.Refine;

/// <summary>An id run that must not be used: without it duplicates could pass.</summary>
internal sealed class IdRunException : Exception
{
    private IdRunException(string code, string message) : base(message) => Code = code;

    /// <summary><c>damaged</c>, <c>newer</c> or <c>other_key</c>.</summary>
    public string Code { get; }

    public static IdRunException Damaged(string path, string how) =>
        new("damaged", $"The id run {path} is damaged: {how}. Restore it from a backup of the data directory.");

    public static IdRunException Newer(string path, uint version) =>
        new("newer", $"The id run {path} has version {version}: a newer Millrace wrote it. Start that one.");

    public static IdRunException OtherKey(string path) =>
        new("other_key", $"The id run {path} was made with another key than the one in catalog.db: one of the two "
            + "comes from another data directory. Restore both from the same backup.");
}
