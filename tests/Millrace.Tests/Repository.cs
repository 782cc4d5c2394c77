namespace Millrace.Tests;

/// <summary>Where the tests find the files of the repository.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Public test data that is not part of the repository; null: not on this machine.</summary>
    public static string? Data(string folder)
    {
        var data = Environment.GetEnvironmentVariable("MILLRACE_TEST_DATA")
            ?? Path.Combine(Root, "..", "shared", "data");
        var path = Path.Combine(data, folder);
        return Directory.Exists(path) ? path : null;
    }

    /// <summary>Paths of the files below a folder that are the repository's own, in ordinal order.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(path => !path.Contains("/node_modules/") && !path.Contains("/artifacts/"))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static string FindRoot(DirectoryInfo? directory)
    {
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Millrace.slnx")))
        {
            directory = directory.Parent;
        }
        return directory?.FullName ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
    }
}
