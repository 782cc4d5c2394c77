using System.Numerics;
using System.Security.Cryptography;

namespace Millrace.Fuzz;

/// <summary>The inputs that each reached something no earlier one did: a block, or a block in another order of
/// magnitude of times.</summary>
internal sealed class Corpus(int blocks)
{
    private readonly List<byte[]> _inputs = [];
    private readonly byte[] _seen = new byte[blocks];

    public IReadOnlyList<byte[]> Inputs => _inputs;

    public int BlocksHit => blocks - _seen.AsSpan().Count((byte)0);

    public long Bytes => _inputs.Sum(input => (long)input.Length);

    /// <summary>How much that is new the last run reached, whose hits are in <see cref="Coverage"/>.</summary>
    public int News()
    {
        var hits = Coverage.Of(blocks);
        var news = 0;
        for (var block = hits.IndexOfAnyExcept((byte)0); block >= 0; block = Next(hits, block))
        {
            news += (Magnitude(hits[block]) & ~_seen[block]) != 0 ? 1 : 0;
        }
        return news;
    }

    /// <summary>Keeps the input of the last run.</summary>
    public void Add(byte[] input)
    {
        var hits = Coverage.Of(blocks);
        for (var block = hits.IndexOfAnyExcept((byte)0); block >= 0; block = Next(hits, block))
        {
            _seen[block] |= Magnitude(hits[block]);
        }
        _inputs.Add(input);
    }

    /// <summary>An input to go on from: of the latest more often.</summary>
    public byte[] Pick(Random random) => _inputs[random.Next(2) == 0
        ? random.Next(_inputs.Count) : random.Next(Math.Max(0, _inputs.Count - 32), _inputs.Count)];

    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var input in _inputs)
        {
            File.WriteAllBytes(Path.Combine(folder, NameOf(input)), input);
        }
    }

    public static IEnumerable<byte[]> Load(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];

    public static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16];

    private static int Next(ReadOnlySpan<byte> hits, int block)
    {
        var next = hits[(block + 1)..].IndexOfAnyExcept((byte)0);
        return next < 0 ? -1 : block + 1 + next;
    }

    private static byte Magnitude(byte hits) => (byte)(1 << BitOperations.Log2(hits));
}
