namespace Millrace.Integration;

/// <summary>Crashes by who died and where, and what they cost.</summary>
internal sealed class CrashReport
{
    private readonly Dictionary<string, int> _members = [];
    private readonly Dictionary<string, int> _places = [];

    public int Crashes => _members.Values.Sum();

    /// <summary>Batches that got no yes and were sent again.</summary>
    public long Resent { get; set; }

    /// <summary>Null: it did not come to the end.</summary>
    public Promises? Promises { get; set; }

    public long Residue { get; set; }

    /// <summary>The end of what the processes logged that ran when it failed.</summary>
    public string LastWords { get; set; } = "";

    public void Add(string members, string place)
    {
        _members[members] = _members.GetValueOrDefault(members) + 1;
        _places[place] = _places.GetValueOrDefault(place) + 1;
    }

    public override string ToString()
    {
        var judged = Promises is { } promises
            ? $"{promises.Acknowledged} events acknowledged, {Resent} batches sent again; {promises.Missing} missing, "
                + $"{promises.Doubled} doubled, {promises.Unasked} that nobody was promised; residue {Residue}"
            : "not judged";
        return $"{Crashes} crashes ({Text(_members)}), where: {Text(_places)}; {judged}";
    }

    private static string Text(Dictionary<string, int> counts) => string.Join(
        ", ", counts.OrderByDescending(count => count.Value).Select(count => $"{count.Key} {count.Value}"));
}
