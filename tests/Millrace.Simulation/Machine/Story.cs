namespace Millrace.Simulation.Machine;

/// <summary>The last things that happened, to read when a seed fails; and a fingerprint of all of them.</summary>
internal sealed class Story
{
    private const int Kept = 150;

    private readonly (string Who, string What, string Where)[] _last = new (string, string, string)[Kept];

    public long Count { get; private set; }

    /// <summary>Equal for two runs in which the same things happened in the same order.</summary>
    public ulong Fingerprint { get; private set; } = 14_695_981_039_346_656_037;

    public void Add(string who, string what, string where)
    {
        _last[Count++ % Kept] = (who, what, where);
        Mix(who);
        Mix(what);
        // The real folders have other names in each process.
        Mix(Path.GetFileName(where));
    }

    public override string ToString() => string.Join('\n', Enumerable.Range(0, Kept)
        .Select(i => _last[(Count + i) % Kept]).Where(line => line.What is not null)
        .Select(line => $"  {line.Who,-20}{line.What} {line.Where}"));

    /// <summary>FNV-1a.</summary>
    private void Mix(string text)
    {
        foreach (var character in text)
        {
            Fingerprint = (Fingerprint ^ character) * 1_099_511_628_211;
        }
    }
}
