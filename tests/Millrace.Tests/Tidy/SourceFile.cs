using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Millrace.Tests.Tidy;

/// <summary>One C# file of <c>src</c>.</summary>
/// <param name="Path">From the root of the repository.</param>
/// <param name="Room">Its folder below <c>src/Millrace</c>, or the project's name, or empty for the executable's
/// root.</param>
internal sealed record SourceFile(string Path, string Room, string[] Lines, CompilationUnitSyntax Syntax)
{
    public static IReadOnlyList<SourceFile> All { get; } = [.. Repository.Files("src", "*.cs").Select(Read)];

    private static SourceFile Read(string path)
    {
        var text = File.ReadAllText(path);
        var parts = System.IO.Path.GetRelativePath(System.IO.Path.Combine(Repository.Root, "src"), path).Split('/');
        var room = parts[0] != "Millrace" ? parts[0] : parts.Length > 2 ? parts[1] : "";
        var lines = text.EndsWith('\n') ? text[..^1].Split('\n') : text.Split('\n');
        return new SourceFile(
            Repository.Relative(path), room, lines, CSharpSyntaxTree.ParseText(text).GetCompilationUnitRoot());
    }
}
