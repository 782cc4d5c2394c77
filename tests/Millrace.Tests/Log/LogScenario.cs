using System.Buffers;
using System.Buffers.Binary;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

/// <summary>A log on a <see cref="MemoryDisk"/> whose records carry a number and a checkable filling.</summary>
internal sealed class LogScenario
{
    public const string Directory = "/log";

    private static readonly byte[] RandomFilling = RandomBytes();

    private int _starts;

    /// <summary>Makes salts and names other than those of another scenario on the same disk.</summary>
    public int Seed { get; init; } = 1000;

    public MemoryDisk Disk { get; init; } = new();

    public ManualTime Time { get; } = new();

    public LogOptions Options { get; init; } = new() { Directory = Directory, SegmentBytes = 64 << 10, Node = 7 };

    /// <summary>Numbers of records by offset, of those that were acknowledged.</summary>
    public Dictionary<long, int> Acknowledged { get; } = [];

    public LogWriter Open(byte stamp = 0)
    {
        byte[] stampBytes = new byte[32];
        stampBytes[0] = stamp;
        return LogWriter.Open(Options, Disk, Time, new LogStart(stampBytes, new Random(Seed + _starts++)));
    }

    public async Task<AppendRefusal> Append(LogWriter writer, int number, int bytes)
    {
        AppendResult result = await writer.AppendAsync(Entry(number, bytes));
        if (result.Refusal == AppendRefusal.None)
        {
            Acknowledged.Add(result.Offset, number);
        }
        return result.Refusal;
    }

    /// <summary>Record n holds n events, its number and a filling that follows from it.</summary>
    public static LogEntry Entry(int number, int bytes)
    {
        byte[] head = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, number);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), bytes);
        byte[] body = Filling(number, bytes).ToArray();
        return new LogEntry { Head = head, Body = new ReadOnlySequence<byte>(body), Events = EventsOf(number) };
    }

    public static int EventsOf(int number) => number % 5;

    /// <summary>The number of a record; fails if its payload is not what was appended under that number.</summary>
    public static int NumberOf(LogRecord record)
    {
        int number = BinaryPrimitives.ReadInt32LittleEndian(record.Payload);
        int bytes = BinaryPrimitives.ReadInt32LittleEndian(record.Payload[4..]);
        if (bytes != record.Payload.Length - 8
            || !record.Payload[8..].SequenceEqual(Filling(number, bytes)) || record.Events != EventsOf(number))
        {
            throw new ShouldAssertException($"Record {number} at {record.Offset} is not what was appended.");
        }
        return number;
    }

    /// <summary>Another stretch of random bytes for each number.</summary>
    private static ReadOnlySpan<byte> Filling(int number, int bytes) =>
        RandomFilling.AsSpan((int)((uint)(number + 1) * 2_654_435_761 >> 12), bytes);

    private static byte[] RandomBytes()
    {
        byte[] bytes = new byte[4 << 20];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Reads all there is from a position, as another process would.</summary>
    public LogContents Read(LogPosition position = default)
    {
        using LogReader reader = LogReader.Open(Directory, Disk, position, Time);
        return LogContents.Of(reader);
    }
}

/// <summary>What a reader met.</summary>
internal sealed record LogContents(Dictionary<long, int> Records, List<LogDamage> Damage)
{
    /// <summary>Events lost, by the damage.</summary>
    public long EventsLost => Damage.Sum(damage => damage.Events);

    /// <summary>Reads to the end and checks what holds for every record: order, place, time and running
    /// numbers.</summary>
    public static LogContents Of(LogReader reader)
    {
        var contents = new LogContents([], []);
        long events = -1;
        long received = 0;
        while (reader.TryRead(out LogItem item))
        {
            if (item.Damage is { } damage)
            {
                damage.To.ShouldBe(reader.Position);
                events = events < 0 ? -1 : events + damage.Events;
                contents.Damage.Add(damage);
                continue;
            }
            LogRecord record = item.Record;
            bool isInOrder = record.End == reader.Position && record.End <= reader.SyncedEnd
                && record.ReceivedMicros >= received && (events < 0 || record.FirstEvent == events);
            if (!isInOrder)
            {
                throw new ShouldAssertException($"The record at {record.Offset} is out of order.");
            }
            events = record.FirstEvent + record.Events;
            received = record.ReceivedMicros;
            contents.Records.Add(record.Offset, LogScenario.NumberOf(record));
        }
        return contents;
    }
}
