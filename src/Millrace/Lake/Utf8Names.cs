using System.Text;

namespace Millrace.Lake;

/// <summary>The strings of names that repeat in every batch (tenants, sources, routes),
/// without making them again.</summary>
/// <remarks>Hot path. Not thread safe. Holds at most <see cref="NamesMax"/> names and forgets them all
/// beyond.</remarks>
internal sealed class Utf8Names
{
    private const int NamesMax = 65_536;

    private readonly HashSet<string> _names = new(new Utf8Comparer());
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public Utf8Names() => _lookup = _names.GetAlternateLookup<ReadOnlySpan<byte>>();

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (_lookup.TryGetValue(utf8, out var known))
        {
            return known;
        }
        if (_names.Count >= NamesMax)
        {
            _names.Clear();
        }
        var name = Encoding.UTF8.GetString(utf8);
        _names.Add(name);
        return name;
    }

    private sealed class Utf8Comparer
        : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
    {
        public bool Equals(string? left, string? right) => string.Equals(left, right, StringComparison.Ordinal);

        public int GetHashCode(string name) => GetHashCode(Encoding.UTF8.GetBytes(name));

        public bool Equals(ReadOnlySpan<byte> utf8, string name)
        {
            Span<byte> other = stackalloc byte[256];
            return Encoding.UTF8.TryGetBytes(name, other, out var written)
                ? utf8.SequenceEqual(other[..written])
                : utf8.SequenceEqual(Encoding.UTF8.GetBytes(name));
        }

        public int GetHashCode(ReadOnlySpan<byte> utf8)
        {
            var hash = new HashCode();
            hash.AddBytes(utf8);
            return hash.ToHashCode();
        }

        public string Create(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
    }
}
