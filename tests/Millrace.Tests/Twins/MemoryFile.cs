namespace Millrace.Tests.Twins;

/// <summary>A file of a <see cref="MemoryDisk"/>: what programs see, what the disk holds, and the writes
/// between.</summary>
internal sealed class MemoryFile(byte[] bytes)
{
    private const int SectorBytes = 512;

    private readonly List<Pending> _dirty = [];
    private byte[] _seen = bytes;
    private byte[] _held = [.. bytes];

    public long Length { get; private set; } = bytes.Length;

    private long HeldLength { get; set; } = bytes.Length;

    public byte[] Copy() => _seen[..(int)Length];

    /// <summary>The same file once more, with what is not synced.</summary>
    public MemoryFile Duplicate()
    {
        var other = new MemoryFile([]) { _seen = [.. _seen], _held = [.. _held] };
        (other.Length, other.HeldLength) = (Length, HeldLength);
        other._dirty.AddRange(_dirty);
        return other;
    }

    /// <summary>A copy of what stands there, shorter where the file ends.</summary>
    public byte[] Read(int bytesMax, long position) =>
        _seen.AsSpan((int)Math.Min(position, Length), (int)Math.Clamp(Length - position, 0, bytesMax)).ToArray();

    public void Write(byte[] written, long position)
    {
        Put(ref _seen, written, position);
        Length = Math.Max(Length, position + written.Length);
        _dirty.Add(new Pending(position, written));
    }

    public void SetLength(long length)
    {
        if (length < Length)
        {
            _seen.AsSpan((int)length, (int)(Length - length)).Clear();
        }
        Grow(ref _seen, length);
        Length = length;
        _dirty.Add(new Pending(length, null));
    }

    public void Sync()
    {
        _dirty.ForEach(write => Hold(write));
        _dirty.Clear();
    }

    /// <summary>What a failed sync does: the kernel calls the pages clean, the disk never got them.</summary>
    public void LoseDirty()
    {
        _dirty.Clear();
    }

    public void Crash(Random random, int keptOfTen)
    {
        foreach (Pending write in _dirty)
        {
            if (write.Bytes is not { } written)
            {
                if (random.Next(10) < keptOfTen)
                {
                    Hold(write);
                }
                continue;
            }
            for (long at = write.Position; at < write.Position + written.Length;)
            {
                long end = Math.Min((at / SectorBytes + 1) * SectorBytes, write.Position + written.Length);
                if (random.Next(10) < keptOfTen)
                {
                    Hold(new Pending(at, written[(int)(at - write.Position)..(int)(end - write.Position)]));
                }
                at = end;
            }
        }
        _dirty.Clear();
        _seen = [.. _held];
        Length = HeldLength;
    }

    private void Hold(Pending write)
    {
        if (write.Bytes is { } written)
        {
            Put(ref _held, written, write.Position);
            HeldLength = Math.Max(HeldLength, write.Position + written.Length);
            return;
        }
        if (write.Position < HeldLength)
        {
            _held.AsSpan((int)write.Position, (int)(HeldLength - write.Position)).Clear();
        }
        Grow(ref _held, write.Position);
        HeldLength = write.Position;
    }

    private static void Put(ref byte[] target, byte[] written, long position)
    {
        Grow(ref target, position + written.Length);
        written.CopyTo(target, position);
    }

    private static void Grow(ref byte[] target, long length)
    {
        if (target.Length < length)
        {
            Array.Resize(ref target, (int)Math.Max(length, 2L * target.Length));
        }
    }

    /// <summary>Bytes at a position; without bytes, a new length.</summary>
    private sealed record Pending(long Position, byte[]? Bytes);
}
