using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Millrace.Control;

/// <summary>SHA-256 of a key. Keys are long and random, so a plain hash cannot be searched.</summary>
[InlineArray(Length)]
internal struct KeyHash : IEquatable<KeyHash>
{
    public const int Length = 32;

    private byte _first;

    /// <summary>Hot path: 32 bytes on the stack.</summary>
    public static KeyHash Of(ReadOnlySpan<byte> key)
    {
        var hash = default(KeyHash);
        SHA256.HashData(key, hash);
        return hash;
    }

    public static KeyHash From(ReadOnlySpan<byte> hash)
    {
        var copy = default(KeyHash);
        hash[..Length].CopyTo(copy);
        return copy;
    }

    // A key hash is as good as random: any of its bytes spread evenly.
    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(this);

    public readonly bool Equals(KeyHash other) => CryptographicOperations.FixedTimeEquals(this, other);

    public override readonly bool Equals(object? other) => other is KeyHash hash && Equals(hash);

    public override readonly string ToString() => Convert.ToHexStringLower(this);
}
