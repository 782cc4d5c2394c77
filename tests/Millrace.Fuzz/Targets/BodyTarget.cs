using System.IO.Compression;
using System.Text;
using Millrace.Collect;

namespace Millrace.Fuzz.Targets;

/// <summary>Compressed bodies: decoded or refused, within the bounds, and all memory given back. An input is a byte
/// that chooses the encoding, and a body.</summary>
internal static class BodyTarget
{
    private const int BodyBytesMax = 100_000;
    private const int BudgetBytes = 400_000;

    public static TargetRun Start()
    {
        var options = new CollectOptions { RatioFreeBytes = 4_096 };
        var decoder = new BodyDecoder(options);
        return new TargetRun([.. Seeds()], input => Run(decoder, options, input));
    }

    private static void Run(BodyDecoder decoder, CollectOptions options, byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var budget = new BodyBudget(BudgetBytes);
        var (body, decoded) = (new BodyBuffer(budget), new BodyBuffer(budget));
        if (body.Reserve(input.Length) is not null)
        {
            return;
        }
        input.AsSpan(1).CopyTo(body.Free);
        body.Advance(input.Length - 1);
        var encoding = BodyEncodings.Sniff((BodyEncoding)(input[0] % (int)BodyEncoding.Unsupported), body.Span);
        if (encoding != BodyEncoding.Identity)
        {
            var refusal = decoder.DecodeAsync(body, encoding, BodyBytesMax, decoded).AsTask().Result;
            FindingException.ThrowIf(budget.Reserved > BudgetBytes, "It took more memory than there is.");
            FindingException.ThrowIf(refusal is null && decoded.Length > BodyBytesMax, "It decoded too much.");
            FindingException.ThrowIf(refusal is null && decoded.Length > options.RatioFreeBytes
                && decoded.Length / options.DecodedRatioMax > body.Length, "It let a bomb through.");
        }
        body.Clear();
        decoded.Clear();
        FindingException.ThrowIf(budget.Reserved != 0, "It kept memory.");
    }

    private static IEnumerable<byte[]> Seeds()
    {
        string[] bodies = ["{\"event\":\"a\"}", new('z', 60_000), new('z', 200_000)];
        foreach (var bytes in bodies.Select(Encoding.UTF8.GetBytes))
        {
            yield return Packed(BodyEncoding.Identity, bytes, stream => stream);
            yield return Packed(BodyEncoding.Gzip, bytes, stream => new GZipStream(stream, CompressionLevel.Fastest));
            yield return Packed(
                BodyEncoding.Deflate, bytes, stream => new ZLibStream(stream, CompressionLevel.Fastest));
            yield return Packed(
                BodyEncoding.Deflate, bytes, stream => new DeflateStream(stream, CompressionLevel.Fastest));
            yield return Packed(
                BodyEncoding.Brotli, bytes, stream => new BrotliStream(stream, CompressionLevel.Fastest));
        }
    }

    private static byte[] Packed(BodyEncoding encoding, byte[] bytes, Func<Stream, Stream> pack)
    {
        using var packed = new MemoryStream();
        packed.WriteByte((byte)encoding);
        using (var stream = pack(packed))
        {
            stream.Write(bytes);
        }
        return packed.ToArray();
    }
}
