using System.Runtime.InteropServices;

namespace Millrace.Fuzz;

/// <summary>How often each block of the instrumented code ran. Public: code of other assemblies writes to it.</summary>
public static unsafe class Coverage
{
    public const int BlocksMax = 1 << 16;

    /// <summary>One byte a block. Read-only, so that the compiler knows the address and a probe is one
    /// increment.</summary>
    public static readonly byte* Hits = (byte*)NativeMemory.AllocZeroed(BlocksMax);

    /// <summary>Of the blocks that exist.</summary>
    public static Span<byte> Of(int blocks) => new(Hits, blocks);
}
