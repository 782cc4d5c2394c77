using System.Buffers.Binary;
using Millrace.Log;

namespace Millrace.Fuzz.Targets;

/// <summary>A log of three small segments, made from docs/formats/log.md.</summary>
internal sealed class SoundLog
{
    public const string Directory = "/log";
    public const int Capacity = 8_192;
    public const int Segments = 3;

    private readonly byte[][] _files = new byte[Segments][];

    public SoundLog()
    {
        var random = new Random(1);
        long previousEnd = 0, events = 0;
        for (var segment = 0; segment < Segments; segment++)
        {
            (previousEnd, events) = Fill(segment, new LogPosition(previousEnd, events), random);
        }
        Synced = new LogPosition(previousEnd, events);
    }

    /// <summary>The records, by offset.</summary>
    public Dictionary<long, (byte[] Payload, int Events, long FirstEvent)> Records { get; } = [];

    public LogPosition Synced { get; }

    public static string PathOf(int segment) =>
        new SegmentName((long)segment * Capacity, (long)(segment + 1) * Capacity).PathIn(Directory);

    public static string SyncedPath => Path.Combine(Directory, "synced");

    public static ulong SaltOf(int segment) => 0x1111_1111_1111_1111ul * (ulong)(segment + 1);

    public byte[] File(int segment) => [.. _files[segment]];

    public static byte[] SyncedFile(LogPosition end)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, end.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), end.Events);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), ~end.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), ~end.Events);
        return bytes;
    }

    private (long End, long Events) Fill(int segment, LogPosition before, Random random)
    {
        var file = new byte[SegmentHeader.AreaBytes + Capacity];
        var first = (long)segment * Capacity;
        new SegmentHeader
        {
            Salt = SaltOf(segment), Base = first, Capacity = Capacity, PreviousEnd = before.Offset,
            FirstEvent = before.Events, Node = 1, Created = 0, ReceivedMin = 0, Stamp = new byte[32], LogStart = 0,
            Stamps = 0,
        }.Write(file);
        var (at, events) = (first, before.Events);
        // The last one leaves room: nothing was written behind its records yet.
        var end = first + (segment == Segments - 1 ? Capacity / 2 : Capacity);
        for (var length = 0; at + RecordHeader.PaddedBytes(RecordHeader.Bytes + length) <= end;)
        {
            var payload = new byte[length];
            random.NextBytes(payload);
            var header = new RecordHeader
            {
                Offset = at, Received = 1_000 + at, FirstEvent = events, Events = random.Next(4), DurableBefore = first,
            };
            var record = file.AsSpan((int)(SegmentHeader.AreaBytes + at - first), RecordHeader.Bytes + length);
            payload.CopyTo(record[RecordHeader.Bytes..]);
            header.Seal(record, SaltOf(segment));
            Records.Add(at, (payload, header.Events, events));
            (at, events) = (at + RecordHeader.PaddedBytes(record.Length), events + header.Events);
            length = random.Next(200);
        }
        _files[segment] = file;
        return (at, events);
    }
}
