using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Protocols;

/// <summary>Which of 64 bytes of JSON text are what: one bit a byte, the first byte is the lowest bit.</summary>
/// <remarks>Hot path. The method is that of simdjson's first stage (Langdale and Lemire, "Parsing Gigabytes of JSON per
/// Second", VLDB Journal 2019).</remarks>
internal readonly struct JsonBlock
{
    public const int Bytes = 64;

    private JsonBlock(ulong quotes, ulong backslashes, ulong controls) =>
        (Quotes, Backslashes, Controls) = (quotes, backslashes, controls);

    /// <summary>Whether this processor makes it worth while.</summary>
    public static bool IsFast => Vector256.IsHardwareAccelerated;

    public ulong Quotes { get; }

    public ulong Backslashes { get; }

    /// <summary>Bytes below the space.</summary>
    public ulong Controls { get; }

    /// <summary>Brackets, braces, colons and commas.</summary>
    public ulong Operators { get; private init; }

    public ulong Spaces { get; private init; }

    /// <param name="text">At least <see cref="Bytes"/> long.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static JsonBlock Read(ReadOnlySpan<byte> text)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        if (Vector512.IsHardwareAccelerated)
        {
            return Read(Vector512.LoadUnsafe(ref start));
        }
        var low = Read(Vector256.LoadUnsafe(ref start));
        var high = Read(Vector256.LoadUnsafe(ref start, (nuint)Vector256<byte>.Count));
        return new JsonBlock(
            low.Quotes | (high.Quotes << 32), low.Backslashes | (high.Backslashes << 32),
            low.Controls | (high.Controls << 32))
        {
            Operators = low.Operators | (high.Operators << 32),
            Spaces = low.Spaces | (high.Spaces << 32),
        };
    }

    /// <summary>Each bit becomes the parity of itself and all below it: from quotes, what stands in strings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ParityUpTo(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
        {
            return Pclmulqdq.CarrylessMultiply(
                Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        }
        for (var distance = 1; distance < Bytes; distance *= 2)
        {
            bits ^= bits << distance;
        }
        return bits;
    }

    // Setting bit 5 makes braces of brackets, and of no other byte of JSON outside strings that is not refused anyway.
    private static JsonBlock Read(Vector512<byte> bytes)
    {
        var braced = bytes | Vector512.Create((byte)0x20);
        var operators = Vector512.Equals(braced, Vector512.Create((byte)'{'))
            | Vector512.Equals(braced, Vector512.Create((byte)'}'))
            | Vector512.Equals(bytes, Vector512.Create((byte)':'))
            | Vector512.Equals(bytes, Vector512.Create((byte)','));
        return new JsonBlock(
            Vector512.Equals(bytes, Vector512.Create((byte)'"')).ExtractMostSignificantBits(),
            Vector512.Equals(bytes, Vector512.Create((byte)'\\')).ExtractMostSignificantBits(),
            Vector512.LessThan(bytes, Vector512.Create((byte)' ')).ExtractMostSignificantBits())
        {
            Operators = operators.ExtractMostSignificantBits(),
            Spaces = Vector512.Equals(bytes, Vector512.Create((byte)' ')).ExtractMostSignificantBits(),
        };
    }

    private static JsonBlock Read(Vector256<byte> bytes)
    {
        var braced = bytes | Vector256.Create((byte)0x20);
        var operators = Vector256.Equals(braced, Vector256.Create((byte)'{'))
            | Vector256.Equals(braced, Vector256.Create((byte)'}'))
            | Vector256.Equals(bytes, Vector256.Create((byte)':'))
            | Vector256.Equals(bytes, Vector256.Create((byte)','));
        return new JsonBlock(
            Vector256.Equals(bytes, Vector256.Create((byte)'"')).ExtractMostSignificantBits(),
            Vector256.Equals(bytes, Vector256.Create((byte)'\\')).ExtractMostSignificantBits(),
            Vector256.LessThan(bytes, Vector256.Create((byte)' ')).ExtractMostSignificantBits())
        {
            Operators = operators.ExtractMostSignificantBits(),
            Spaces = Vector256.Equals(bytes, Vector256.Create((byte)' ')).ExtractMostSignificantBits(),
        };
    }
}
