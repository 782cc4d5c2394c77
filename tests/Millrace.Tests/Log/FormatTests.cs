using System.Text;
using Millrace.Log;

namespace Millrace.Tests.Log;

public class FormatTests
{
    [Theory]
    [InlineData("zeros", 0x8A9136AAu)]
    [InlineData("ff", 0x62A8AB43u)]
    [InlineData("up", 0x46DD794Eu)]
    [InlineData("down", 0x113FDB5Cu)]
    public void Crc_matches_the_vectors_of_RFC_3720(string vector, uint expected)
    {
        byte[] bytes = [.. Enumerable.Range(0, 32).Select(i => vector switch
        {
            "ff" => (byte)0xFF,
            "up" => (byte)i,
            "down" => (byte)(31 - i),
            _ => (byte)0,
        })];
        Crc32C.Finish(Crc32C.Append(Crc32C.Begin, bytes)).ShouldBe(expected);
        // In pieces that do not fall on multiples of 8, too.
        uint begun = Crc32C.Append(Crc32C.Begin, bytes.AsSpan(0, 13));
        Crc32C.Finish(Crc32C.Append(begun, bytes.AsSpan(13))).ShouldBe(expected);
    }

    [Fact]
    public void A_segment_header_has_the_bytes_it_had()
    {
        var header = new SegmentHeader
        {
            Salt = 0x1122334455667788,
            Base = 0x7000,
            Capacity = 0xE000,
            PreviousEnd = 0x6FF8,
            FirstEvent = 1234,
            Node = 0xABCDEF0123456789,
            Created = 1_795_348_800_000_000,
            ReceivedMin = 1_795_348_799_999_999,
            Stamp = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(),
            LogStart = 0x1000,
            Stamps = 3,
        };
        byte[] area = new byte[SegmentHeader.AreaBytes];
        header.Write(area);
        Golden("segment-header.hex", area.AsSpan(0, 128));
        area.AsSpan(4096, 128).SequenceEqual(area.AsSpan(0, 128)).ShouldBeTrue();
        SegmentHeader read = SegmentHeader.Read(area, "x")!;
        read.Stamp.ToArray().ShouldBe(header.Stamp.ToArray());
        (read with { Stamp = default }).ShouldBe(header with { Stamp = default });
    }

    [Fact]
    public void Three_records_have_the_bytes_they_had()
    {
        byte[] group = new byte[176];
        Seal(group.AsSpan(0, 48 + 5), "hello", new RecordHeader { Offset = 0x7000, Received = 1_795_348_800_000_001,
            FirstEvent = 10, Events = 2, DurableBefore = 0x7000, Stamps = 1 });
        Seal(group.AsSpan(56, 48), "", new RecordHeader { Offset = 0x7038, Received = 1_795_348_800_000_001,
            FirstEvent = 12, Events = 0, DurableBefore = 0x7000, Stamps = 2 });
        Seal(group.AsSpan(104, 48 + 24), "24 bytes, so no padding.", new RecordHeader { Offset = 0x7068,
            Received = 1_795_348_800_000_002, FirstEvent = 12, Events = 1_000_000,
            DurableBefore = 0x7000, Stamps = 2 });
        Golden("records.hex", group);
    }

    [Fact]
    public void A_header_needs_one_sound_copy()
    {
        byte[] area = SomeHeader();
        area[20] ^= 1;
        SegmentHeader.Read(area, "x").ShouldNotBeNull();
        area[4096 + 20] ^= 1;
        SegmentHeader.Read(area, "x").ShouldBeNull();
    }

    [Fact]
    public void A_segment_of_a_newer_version_is_refused_by_name()
    {
        byte[] area = SomeHeader();
        area[8] = 2;
        uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Begin, area.AsSpan(0, 12)), area.AsSpan(16, 112));
        BitConverter.TryWriteBytes(area.AsSpan(12), Crc32C.Finish(crc));
        var log = new LogScenario();
        log.Disk.Place(new SegmentName(0, 4096).PathIn(LogScenario.Directory), area);
        NewerFormatException refused = Should.Throw<NewerFormatException>(() => log.Open());
        refused.Version.ShouldBe(2u);
        refused.Path.ShouldEndWith("00000000000000000000-00000000000000004096.seg");
    }

    private static byte[] SomeHeader()
    {
        byte[] area = new byte[SegmentHeader.AreaBytes];
        new SegmentHeader
        {
            Salt = 1, Base = 0, Capacity = 4096, PreviousEnd = 0, FirstEvent = 0, Node = 7, Created = 0,
            ReceivedMin = 0, Stamp = new byte[32], LogStart = 0, Stamps = 0,
        }.Write(area);
        return area;
    }

    private static void Seal(Span<byte> record, string payload, RecordHeader header)
    {
        Encoding.UTF8.GetBytes(payload, record[RecordHeader.Bytes..]);
        header.Seal(record, salt: 0x1122334455667788);
    }

    private static void Golden(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(Repository.Root, "tests", "golden", "log", name);
        string[] lines = [.. bytes.ToArray().Chunk(16).Select(line => Convert.ToHexStringLower(line))];
        File.ReadAllLines(path).ShouldBe(lines);
    }
}
