namespace Millrace.Tests.Query;

/// <summary>Reads tests/golden/query: <c>-- word</c> opens a case, an empty line ends it.</summary>
internal static class SqlCases
{
    public static TheoryData<string, string> Read(string file)
    {
        var cases = new TheoryData<string, string>();
        var text = File.ReadAllText(Path.Combine(Repository.Root, "tests", "golden", "query", file));
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var (opening, sql) = block.Trim('\n').Split('\n', 2) is [var first, var rest]
                ? (first, rest) : throw new InvalidDataException($"{file} has a case without a statement: {block}");
            cases.Add(opening["-- ".Length..], sql);
        }
        return cases;
    }
}
