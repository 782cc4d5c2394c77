using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Millrace.Tests.Tidy;

/// <summary>Holds docs/architecture.md and the style guide: who may use whom, and how large things may grow.</summary>
public partial class TidyTests
{
    private const int FileLinesMax = 500;
    private const int MethodLinesMax = 70;
    private const int LineCharactersMax = 120;
    private const int FolderFilesMax = 25;
    private const int ReadmeLinesMax = 40;

    /// <summary>The rooms of src/Millrace in journey order, and what each may use.
    /// The root (Program, Pipeline) sees all.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Events"] = [],
        ["Control"] = ["Events", "Log"],
        ["Protocols"] = ["Events"],
        ["Collect"] = ["Events", "Control", "Protocols", "Log"],
        ["Refine"] = ["Events", "Control", "Protocols", "Log"],
        ["Lake"] = ["Events", "Control", "Protocols", "Refine", "Log", "DuckDb", "Iceberg"],
        ["Query"] = ["Events", "Control", "Lake", "Log", "DuckDb", "Iceberg"],
        ["Audit"] = ["Events", "Control", "Refine", "Lake", "Log", "DuckDb", "Iceberg"],
        ["Watch"] = ["Events", "Control"],
        ["Generate"] = ["Events"],
        ["Send"] = ["Events"],
        ["Cli"] = ["Events", "Control", "Generate", "Iceberg", "Lake", "Send", "Log", "Query", "Audit"],
        ["Millrace.Log"] = [],
        ["Millrace.DuckDb"] = [],
        ["Millrace.Iceberg"] = ["Log"],
    };

    [Fact]
    public void A_room_uses_only_what_the_table_allows()
    {
        var wrong =
            from file in SourceFile.All
            where file.Room != ""
            from used in RoomsUsed(file)
            where used != file.Room && used != file.Room.Replace("Millrace.", "") && !MayUse[file.Room].Contains(used)
            select $"{file.Path} uses {used}";
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Every_room_is_in_the_table_and_explains_itself()
    {
        var rooms = SourceFile.All.Select(file => file.Room).Where(room => room != "").Distinct().ToList();
        rooms.Where(room => !MayUse.ContainsKey(room)).ShouldBeEmpty();
        rooms.Where(room => !File.Exists(Path.Combine(FolderOf(room), "README.md"))).ShouldBeEmpty();
    }

    [Fact]
    public void Files_methods_lines_and_folders_stay_small()
    {
        var wrong = new List<string>();
        foreach (var file in SourceFile.All)
        {
            if (file.Lines.Length > FileLinesMax)
            {
                wrong.Add($"{file.Path}: {file.Lines.Length} lines");
            }
            wrong.AddRange(file.Lines.Select((line, i) => (line, i)).Where(l => l.line.Length > LineCharactersMax)
                .Select(l => $"{file.Path}:{l.i + 1}: {l.line.Length} characters"));
            wrong.AddRange(file.Syntax.DescendantNodes().Where(IsMethod)
                .Select(method => (method, Lines: LinesOf(method))).Where(m => m.Lines > MethodLinesMax)
                .Select(m => $"{file.Path}: a method of {m.Lines} lines"));
        }
        wrong.AddRange(SourceFile.All.GroupBy(file => Path.GetDirectoryName(file.Path))
            .Where(folder => folder.Count() > FolderFilesMax)
            .Select(folder => $"{folder.Key}: {folder.Count()} files"));
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Readmes_of_rooms_are_short_and_name_only_what_exists()
    {
        var known = SourceFile.All
            .SelectMany(file => file.Syntax.DescendantTokens().Select(token => token.ValueText)).ToHashSet();
        var wrong = new List<string>();
        foreach (var path in Repository.Files("src", "README.md"))
        {
            var text = File.ReadAllText(path);
            if (text.Count(c => c == '\n') > ReadmeLinesMax)
            {
                wrong.Add($"{Repository.Relative(path)}: more than {ReadmeLinesMax} lines");
            }
            wrong.AddRange(Identifier().Matches(text).Select(match => match.Groups[1].Value)
                .Where(name => !known.Contains(name))
                .Select(name => $"{Repository.Relative(path)}: no '{name}' in src"));
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Documents_hold_both_sides_of_no_merge() =>
        Repository.Files("docs", "*.md").Concat(Repository.Files("bench", "*.md"))
            .Where(path => File.ReadLines(path).Any(line => line.StartsWith("<<<<<<<", StringComparison.Ordinal)))
            .ShouldBeEmpty();

    [Fact]
    public void Interfaces_are_few()
    {
        SourceFile.All.SelectMany(file => file.Syntax.DescendantNodes().OfType<InterfaceDeclarationSyntax>())
            .Select(declared => declared.Identifier.ValueText).Count().ShouldBeLessThanOrEqualTo(8);
    }

    [Fact]
    public void Only_the_disk_opens_files_for_writing_and_verbs_whose_results_people_asked_for()
    {
        var wrong =
            from file in SourceFile.All
            where Path.GetFileName(file.Path) is not ("PosixDisk.cs" or "PosixDiskFile.cs")
            where file.Room is not ("Cli" or "Generate")
            from line in file.Lines
            where Writing().IsMatch(line)
            select $"{file.Path}: {line.Trim()}";
        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("File.WriteAllText(path, text);", true)]
    [InlineData("using var file = File.Create(path);", true)]
    [InlineData("File.AppendAllLines(path, lines);", true)]
    [InlineData("File.OpenHandle(path, FileMode.CreateNew);", true)]
    [InlineData("File.OpenHandle(path, FileMode.Create, FileAccess.Write);", true)]
    [InlineData("File.Open(path, FileMode.OpenOrCreate);", true)]
    [InlineData("new FileStream(path, options)", true)]
    [InlineData("File.OpenHandle(path);", false)]
    [InlineData("File.OpenHandle(path, FileMode.Open);", false)]
    [InlineData("MemoryMappedFile.CreateFromFile(path, FileMode.Open);", false)]
    public void Opening_for_writing_is_told_from_reading(string line, bool isWriting) =>
        Writing().IsMatch(line).ShouldBe(isWriting);

    [Fact]
    public void Lock_files_hold_no_download_addresses_and_packages_have_exact_versions()
    {
        Repository.Files(".", "package-lock.json").Where(path => File.ReadAllText(path).Contains("\"resolved\""))
            .ShouldBeEmpty();
        Repository.Files(".", "package.json").Where(path => LooseVersion().IsMatch(File.ReadAllText(path)))
            .ShouldBeEmpty();
        File.ReadAllText(Path.Combine(Repository.Root, "Directory.Packages.props")).ShouldNotContain("*\"");
    }

    private static IEnumerable<string> RoomsUsed(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<NameSyntax>()
            .Select(name => Room().Match(name.ToString())).Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .Where(name => MayUse.ContainsKey(name) || MayUse.ContainsKey("Millrace." + name))
            .Where(name => !file.Room.EndsWith("." + name))
            .Distinct();

    private static bool IsMethod(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax;

    private static int LinesOf(SyntaxNode node)
    {
        var span = node.SyntaxTree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string FolderOf(string room) => room.StartsWith("Millrace.")
        ? Path.Combine(Repository.Root, "src", room) : Path.Combine(Repository.Root, "src", "Millrace", room);

    [GeneratedRegex(@"^Millrace\.(\w+)")]
    private static partial Regex Room();

    [GeneratedRegex(@"\bFile\.(WriteAll|Create|OpenWrite|Append)|\bnew FileStream\b"
        + @"|\bFileMode\.(Create|CreateNew|OpenOrCreate|Append|Truncate)\b")]
    private static partial Regex Writing();

    [GeneratedRegex(@"`([A-Z][a-z]+(?:[A-Z][A-Za-z0-9]*)+)`")]
    private static partial Regex Identifier();

    [GeneratedRegex("\"[^\"]+\": *\"[\\^~*]")]
    private static partial Regex LooseVersion();
}
