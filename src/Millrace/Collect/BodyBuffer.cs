using System.Buffers;
using Millrace.Events;

namespace Millrace.Collect;

/// <summary>A body in one piece of pooled memory that was taken from a budget. Reused: <see cref="Clear"/> gives all
/// back.</summary>
/// <remarks>Hot path. Not thread safe.</remarks>
internal sealed class BodyBuffer(BodyBudget budget)
{
    private const int BytesMin = 4 << 10;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    public int Length => _length;

    /// <summary>The same memory as an array, for streams that read it.</summary>
    public MemoryStream AsStream() => new(_bytes, 0, _length, writable: false);

    /// <summary>Room for more bytes behind those there are; <see cref="Advance"/> says how many were written.</summary>
    public Span<byte> Free => _bytes.AsSpan(_length);

    public void Advance(int bytes) => _length += bytes;

    /// <summary>Makes room for <paramref name="bytes"/> in all.</summary>
    /// <returns>Null, or why there is no room.</returns>
    public Refusal? Reserve(int bytes)
    {
        if (bytes <= _bytes.Length)
        {
            return null;
        }
        // Powers of two are what the pool hands out, so the budget counts what is really taken.
        var wanted = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(bytes, BytesMin));
        if (!budget.TryReserve(wanted))
        {
            return CollectRefusals.TooManyBodies;
        }
        var larger = ArrayPool<byte>.Shared.Rent(wanted);
        Span.CopyTo(larger);
        var length = _length;
        Clear();
        (_bytes, _length) = (larger, length);
        return null;
    }

    public void Clear()
    {
        if (_bytes.Length > 0)
        {
            budget.Release(_bytes.Length);
            ArrayPool<byte>.Shared.Return(_bytes);
        }
        (_bytes, _length) = ([], 0);
    }
}
