using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Refine;

/// <summary>The key of a (tenant, event id): SipHash-2-4 with 128 bits (Aumasson and Bernstein), keyed per
/// catalog.</summary>
/// <remarks>Keyed, so that nobody outside can make two ids meet. Immutable, thread safe. Hot path.</remarks>
internal sealed class IdHash
{
    public const int KeyBytes = 16;

    private const int StackBytes = 512;

    private readonly ulong _key0;
    private readonly ulong _key1;

    public IdHash(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
        KeyCheck = (ulong)(Id(default, default) >> 64);
    }

    /// <summary>Tells runs made with this key from others, without giving the key away.</summary>
    public ulong KeyCheck { get; }

    /// <summary>The hash of the tenant, a zero byte, and the id. The upper half is the first 8 bytes of the
    /// output.</summary>
    public UInt128 Id(ReadOnlySpan<byte> tenant, ReadOnlySpan<byte> eventId)
    {
        var length = tenant.Length + 1 + eventId.Length;
        var rented = length > StackBytes ? ArrayPool<byte>.Shared.Rent(length) : null;
        var text = rented is null ? stackalloc byte[StackBytes] : rented;
        tenant.CopyTo(text);
        text[tenant.Length] = 0;
        eventId.CopyTo(text[(tenant.Length + 1)..]);
        var id = Hash(text[..length]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
        return id;
    }

    /// <summary>SipHash-2-4-128 of any bytes.</summary>
    public UInt128 Hash(ReadOnlySpan<byte> bytes)
    {
        var state = new State(_key0, _key1);
        var last = (ulong)bytes.Length << 56;
        while (bytes.Length >= sizeof(ulong))
        {
            state.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        for (var i = 0; i < bytes.Length; i++)
        {
            last |= (ulong)bytes[i] << (8 * i);
        }
        state.Add(last);
        return state.Finish();
    }

    private struct State(ulong key0, ulong key1)
    {
        private ulong _v0 = key0 ^ 0x736f6d6570736575;
        private ulong _v1 = key1 ^ 0x646f72616e646f6d ^ 0xee;
        private ulong _v2 = key0 ^ 0x6c7967656e657261;
        private ulong _v3 = key1 ^ 0x7465646279746573;

        public void Add(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        public UInt128 Finish()
        {
            _v2 ^= 0xee;
            var high = FourRounds();
            _v1 ^= 0xdd;
            return new UInt128(high, FourRounds());
        }

        private ulong FourRounds()
        {
            Round();
            Round();
            Round();
            Round();
            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        private void Round()
        {
            _v0 += _v1;
            _v2 += _v3;
            _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
            _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
            _v0 = BitOperations.RotateLeft(_v0, 32);
            _v2 += _v1;
            _v0 += _v3;
            _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
            _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
            _v2 = BitOperations.RotateLeft(_v2, 32);
        }
    }
}
