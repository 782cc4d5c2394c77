using System.Buffers.Binary;
using Millrace.Refine;

namespace Millrace.Tests.Refine;

public sealed class IdHashTests
{
    private static readonly byte[] ReferenceKey = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    // From the reference implementation: the hash of the bytes 0, 1, … length - 1.
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(2, "8177228da4a45dc7fca38bdef60affe4")]
    [InlineData(3, "9c70b60c5267a94e5f33b6b02985ed51")]
    [InlineData(4, "f88164c12d9c8faf7d0f6e7c7bcd5579")]
    [InlineData(5, "1368875980776f8854527a07690e9627")]
    [InlineData(6, "14eeca338b208613485ea0308fd7a15e")]
    [InlineData(7, "a1f1ebbed8dbc153c0b84aa61ff08239")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(9, "264499060ad9baabc47f8b02bb6d71ed")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    [InlineData(16, "6ee2a4ca67b054bbfd3315bf85230577")]
    [InlineData(31, "2939b0183223fafc1723de4f52c43d35")]
    [InlineData(32, "7c3956ca5eeafc3e363e9d556546eb68")]
    [InlineData(62, "5853542321f567a005d547a4f04759bd")]
    [InlineData(63, "5150d1772f50834a503e069a973fbd7c")]
    public void Agrees_with_the_reference_implementation(int length, string expected)
    {
        var bytes = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();

        var hash = new IdHash(ReferenceKey).Hash(bytes);

        var output = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(output, (ulong)(hash >> 64));
        BinaryPrimitives.WriteUInt64LittleEndian(output.AsSpan(8), (ulong)hash);
        Convert.ToHexStringLower(output).ShouldBe(expected);
    }

    [Fact]
    public void An_id_is_the_hash_of_tenant_zero_byte_and_id()
    {
        var hash = new IdHash(ReferenceKey);
        var longId = new byte[2000];

        hash.Id("acme"u8, "e-1"u8).ShouldBe(hash.Hash("acme\0e-1"u8));
        hash.Id("a"u8, longId).ShouldBe(hash.Hash([(byte)'a', 0, .. longId]));
    }

    [Fact]
    public void Tenant_and_id_do_not_run_together()
    {
        var hash = new IdHash(ReferenceKey);

        hash.Id("ab"u8, "c"u8).ShouldNotBe(hash.Id("a"u8, "bc"u8));
    }

    [Fact]
    public void The_key_check_is_the_upper_half_of_the_hash_of_nothing()
    {
        var hash = new IdHash(ReferenceKey);

        hash.KeyCheck.ShouldBe((ulong)(hash.Hash([0]) >> 64));
        hash.KeyCheck.ShouldBe(0x44af996bd8c187daUL);
    }
}
