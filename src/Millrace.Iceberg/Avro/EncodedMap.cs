using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Millrace.Iceberg;

/// <summary>A map of field ids in a manifest, kept as the bytes it was read from and decoded on each look-up.</summary>
/// <remarks>A manifest holds six of these per file and a plan looks at a few columns of a few files. Dictionaries took
/// about 9 kB a file of 30 columns, this takes the 1 kB that the manifest itself has.</remarks>
internal sealed class EncodedMap<T> : IReadOnlyDictionary<int, T>
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly AvroType _type;
    private readonly string _file;
    private readonly Func<AvroCursor, AvroType, T> _readValue;

    private EncodedMap(
        ReadOnlyMemory<byte> bytes, AvroType type, string file, Func<AvroCursor, AvroType, T> readValue)
    {
        (_bytes, _type, _file, _readValue) = (bytes, type, file, readValue);
        Count = Decode().Count;
    }

    public int Count { get; }

    public IEnumerable<int> Keys => this.Select(pair => pair.Key);

    public IEnumerable<T> Values => this.Select(pair => pair.Value);

    public T this[int key] => TryGetValue(key, out T? value) ? value : throw new KeyNotFoundException($"{key}");

    /// <summary>Reads past a map, an array of records of key and value whatever their ids are.</summary>
    /// <exception cref="IcebergFormatException">It cannot be decoded; what this returns always can.</exception>
    internal static IReadOnlyDictionary<int, T> Read(
        AvroCursor cursor, AvroType type, Func<AvroCursor, AvroType, T> readValue) =>
        new EncodedMap<T>(cursor.Slice(() => cursor.Skip(type)), type, cursor.File, readValue);

    public bool ContainsKey(int key) => TryGetValue(key, out _);

    public bool TryGetValue(int key, [MaybeNullWhen(false)] out T value)
    {
        var cursor = new AvroCursor(_bytes, _file);
        (bool isFound, T? found) = (false, default);
        // Keys that are asked for, such as the tenant, come early.
        cursor.ArrayWhile(_type, item =>
        {
            if (ReadKey(cursor, item) == key)
            {
                (isFound, found) = (true, _readValue(cursor, item.Fields[1].Type));
                return false;
            }
            cursor.Skip(item.Fields[1].Type);
            return true;
        });
        value = found;
        return isFound;
    }

    public IEnumerator<KeyValuePair<int, T>> GetEnumerator() => Decode().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<KeyValuePair<int, T>> Decode()
    {
        var cursor = new AvroCursor(_bytes, _file);
        var pairs = new List<KeyValuePair<int, T>>();
        cursor.Array(_type, item => pairs.Add(new(ReadKey(cursor, item), _readValue(cursor, item.Fields[1].Type))));
        return pairs;
    }

    private static int ReadKey(AvroCursor cursor, AvroType item) =>
        item is { Kind: AvroKind.Record, Fields.Count: 2 }
            ? cursor.Int(item.Fields[0].Type) ?? throw cursor.Damage("a map without a key")
            : throw cursor.Damage("a map whose items are not key and value");
}
