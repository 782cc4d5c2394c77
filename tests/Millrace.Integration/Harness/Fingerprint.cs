using System.Security.Cryptography;

namespace Millrace.Integration;

/// <summary>The names and bytes of all files below a folder, to see later that nobody has touched them.</summary>
internal sealed class Fingerprint
{
    private readonly string _folder;
    private readonly IReadOnlyDictionary<string, string> _files;

    private Fingerprint(string folder) => (_folder, _files) = (folder, Read(folder));

    public static Fingerprint Of(string folder) => new(folder);

    public void ShouldStillHold()
    {
        var now = Read(_folder);
        _files.Keys.Union(now.Keys).Where(file => _files.GetValueOrDefault(file) != now.GetValueOrDefault(file))
            .ShouldBeEmpty("these files were changed, made or deleted");
    }

    private static Dictionary<string, string> Read(string folder) => Directory
        .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder, file), Hash);

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
}
