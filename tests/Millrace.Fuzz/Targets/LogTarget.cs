using System.Buffers.Binary;
using Millrace.Log;

namespace Millrace.Fuzz.Targets;

/// <summary>A sound log, damaged: whatever is done to its bytes, the reader hands out none but the records that were
/// written, in order, and comes to an end.</summary>
/// <remarks>
/// An input is a list of edits of eight bytes: what (u8), segment (u8), at (u16), value (u16), length (u16). Two of
/// them forge checksums, so that damage reaches what stands behind those.
/// </remarks>
internal sealed class LogTarget
{
    private const int EditBytes = 8;
    private const int EditsMax = 64;
    private const int ItemsMax = 10_000;
    private const long BytesReadMax = 64 << 20;

    private readonly SoundLog _sound = new();

    private enum Edit
    {
        Xor, Zero, Copy, CopyFromNext, Cut, Set, SwapPages, Remove, SetSynced, SealHeader, SealRecord, Count,
    }

    public static TargetRun Start()
    {
        var target = new LogTarget();
        byte[][] seeds =
        [
            [], .. Enumerable.Range(0, (int)Edit.Count).Select(edit => (byte[])[(byte)edit, 1, 0, 36, 7, 0, 200, 0]),
            [(byte)Edit.Set, 1, 40, 0, 0, 0, 8, 0, (byte)Edit.SealHeader, 1, 0, 0, 0, 0, 0, 0],
        ];
        return new TargetRun(seeds, target.Run);
    }

    private void Run(byte[] input)
    {
        var disk = new StillDisk();
        for (var segment = 0; segment < SoundLog.Segments; segment++)
        {
            disk.Files[SoundLog.PathOf(segment)] = _sound.File(segment);
        }
        disk.Files[SoundLog.SyncedPath] = SoundLog.SyncedFile(_sound.Synced);
        var isForged = false;
        for (var at = 0; at + EditBytes <= Math.Min(input.Length, EditsMax * EditBytes); at += EditBytes)
        {
            var edit = (Edit)(input[at] % (int)Edit.Count);
            isForged |= edit is Edit.SealHeader or Edit.SealRecord;
            Apply(disk, edit, input.AsSpan(at, EditBytes));
        }
        try
        {
            Read(disk, isForged);
        }
        catch (Exception allowed) when (allowed is IOException or NewerFormatException)
        {
            // Documented.
        }
    }

    private void Read(StillDisk disk, bool isForged)
    {
        using var reader = LogReader.Open(SoundLog.Directory, disk, 0, TimeProvider.System);
        var position = 0L;
        for (var items = 0; reader.TryRead(out var item); items++)
        {
            FindingException.ThrowIf(items > ItemsMax || disk.BytesRead > BytesReadMax, "It does not come to an end.");
            FindingException.ThrowIf(reader.Position < position, "It goes back.");
            FindingException.ThrowIf(item.Damage is { } damage
                && (damage.To < damage.From || damage.Events < 0), $"It tells nonsense: {item.Damage}");
            position = reader.Position;
            if (item.Damage is null && !isForged)
            {
                Check(item.Record, reader);
            }
        }
    }

    private void Check(LogRecord record, LogReader reader)
    {
        FindingException.ThrowIf(!_sound.Records.TryGetValue(record.Offset, out var written),
            $"There was no record at {record.Offset}.");
        FindingException.ThrowIf(!record.Payload.SequenceEqual(written.Payload) || record.Events != written.Events
            || record.FirstEvent != written.FirstEvent, $"The record at {record.Offset} was another.");
        FindingException.ThrowIf(record.End > reader.SyncedEnd, "A record that is not synced.");
    }

    private static void Apply(StillDisk disk, Edit edit, ReadOnlySpan<byte> bytes)
    {
        var segment = bytes[1] % SoundLog.Segments;
        var path = SoundLog.PathOf(segment);
        if (!disk.Files.TryGetValue(path, out var file) || file.Length == 0)
        {
            return;
        }
        var at = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]) % file.Length;
        var value = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), file.Length - at);
        switch (edit)
        {
            case Edit.Xor: file[at] ^= (byte)value; break;
            case Edit.Zero: file.AsSpan(at, length).Clear(); break;
            case Edit.Copy: Copy(file, at, length, file, value); break;
            case Edit.CopyFromNext when disk.Files.TryGetValue(SoundLog.PathOf((segment + 1) % 3), out var next):
                Copy(next, value % Math.Max(1, next.Length), length, file, at);
                break;
            case Edit.Cut: disk.Files[path] = file[..at]; break;
            case Edit.Set:
                Number(value, length).AsSpan(0, Math.Min(8, file.Length - at)).CopyTo(file.AsSpan(at));
                break;
            case Edit.SwapPages: SwapPages(file, at, value); break;
            case Edit.Remove: disk.Files.Remove(path); break;
            case Edit.SetSynced: disk.Files[SoundLog.SyncedPath] = SoundLog.SyncedFile(new(at * 8L, value)); break;
            case Edit.SealHeader: SealHeader(file); break;
            case Edit.SealRecord: SealRecord(file, at, segment); break;
            default: break;
        }
    }

    private static void Copy(byte[] from, int at, int length, byte[] to, int target)
    {
        target %= to.Length;
        length = Math.Min(length, Math.Min(from.Length - at, to.Length - target));
        from.AsSpan(at, length).ToArray().CopyTo(to.AsSpan(target));
    }

    private static byte[] Number(int value, int shift)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)value << (shift % 64));
        return bytes;
    }

    private static void SwapPages(byte[] file, int at, int value)
    {
        const int Page = 4_096;
        var pages = file.Length / Page;
        if (pages > 0)
        {
            var one = file.AsSpan(at / Page % pages * Page, Page);
            var other = file.AsSpan(value % pages * Page, Page);
            var kept = one.ToArray();
            other.CopyTo(one);
            kept.CopyTo(other);
        }
    }

    private static void SealHeader(byte[] file)
    {
        if (file.Length >= SegmentHeader.AreaBytes)
        {
            var crc = Crc32C.Append(Crc32C.Begin, file.AsSpan(0, 12));
            crc = Crc32C.Finish(Crc32C.Append(crc, file.AsSpan(16, 112)));
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(12), crc);
            file.AsSpan(0, 128).CopyTo(file.AsSpan(4_096));
        }
    }

    private static void SealRecord(byte[] file, int at, int segment)
    {
        at &= ~7;
        if (file.Length - at < RecordHeader.Bytes)
        {
            return;
        }
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)), file.Length - at);
        if (length >= RecordHeader.Bytes)
        {
            RecordHeader.Read(file.AsSpan(at)).Seal(file.AsSpan(at, length), SoundLog.SaltOf(segment));
        }
    }
}
