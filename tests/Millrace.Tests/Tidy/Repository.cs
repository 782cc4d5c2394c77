using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Millrace.Tests.Tidy;

/// <summary>The repository's own files, as the Tidy tests and golden tests read them.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Sources { get; } = Files("src", "*.cs").Select(SourceFile.Read).ToList();

    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(path => !path.Contains("/node_modules/") && !path.Contains("/artifacts/"))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here)!;
        while (!File.Exists(Path.Combine(folder, "Millrace.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository was not found.");
        }
        return folder;
    }
}

/// <summary>One C# file of <c>src</c>.</summary>
/// <param name="Room">Its folder below <c>src/Millrace</c>, or the project's name, or empty for the executable's root.</param>
internal sealed record SourceFile(string Path, string Room, string[] Lines, CompilationUnitSyntax Syntax)
{
    public static SourceFile Read(string path)
    {
        var text = File.ReadAllText(path);
        var parts = System.IO.Path.GetRelativePath(System.IO.Path.Combine(Repository.Root, "src"), path).Split('/');
        var room = parts[0] != "Millrace" ? parts[0] : parts.Length > 2 ? parts[1] : "";
        var lines = text.EndsWith('\n') ? text[..^1].Split('\n') : text.Split('\n');
        return new SourceFile(
            Repository.Relative(path), room, lines, CSharpSyntaxTree.ParseText(text).GetCompilationUnitRoot());
    }
}
