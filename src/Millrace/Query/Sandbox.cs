namespace Millrace.Query;

/// <summary>Settings that keep a DuckDB instance away from the network, from files and from other instances.</summary>
internal static class Sandbox
{
    /// <summary>What holds from the moment an instance opens.</summary>
    public static IReadOnlyDictionary<string, string> Open { get; } = new Dictionary<string, string>
    {
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
        ["allow_community_extensions"] = "false",
        ["allow_persistent_secrets"] = "false",
    };

    /// <summary>For an instance that needs no file at all.</summary>
    public static IReadOnlyDictionary<string, string> Closed { get; } = new Dictionary<string, string>(Open)
    {
        ["enable_external_access"] = "false",
        ["lock_configuration"] = "true",
        ["threads"] = "1",
    };
}
