using Millrace.Log;

namespace Millrace.Audit;

/// <summary>What is to be checked, and where findings go.</summary>
/// <param name="Data">The data directory, absolute.</param>
/// <param name="IsDeep">Every byte is read, also of data files and id runs.</param>
internal sealed record CheckScope(string Data, bool IsDeep)
{
    public required IDisk Disk { get; init; }

    public required TimeProvider Time { get; init; }

    public CheckReport Report { get; } = new();

    public string In(string name) => Path.Combine(Data, name);

    public bool Has(string name) => File.Exists(In(name)) || Directory.Exists(In(name));
}
