using System.Globalization;
using Millrace.Protocols;

namespace Millrace.Bench;

/// <summary>How fast a native body is checked and taken apart: by the reader alone, and by the quick walk.</summary>
/// <remarks>In processor time, which others on the same cores do not lengthen much; the first rounds are the
/// just-in-time compiler's.</remarks>
internal static class ShapeSpeed
{
    private const int Rounds = 7;
    private const long BytesPerRound = 400_000_000;

    public static void Run(byte[] body)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var reader = Megabytes(body, shape => NativeProtocol.Read(body, shape) is null);
            var skim = Megabytes(body, shape => NativeProtocol.TrySkim(body, shape));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"reader {reader:0} MB/s, skim {skim:0} MB/s, {skim / reader:0.00} x"));
        }
    }

    private static double Megabytes(byte[] body, Predicate<BodyShape> check)
    {
        var shape = new BodyShape();
        var begin = Environment.CpuUsage.TotalTime;
        for (long done = 0; done < BytesPerRound; done += body.Length)
        {
            shape.Clear();
            if (!check(shape))
            {
                throw new InvalidDataException("The body is not one that both take.");
            }
        }
        return BytesPerRound / (Environment.CpuUsage.TotalTime - begin).TotalSeconds / 1e6;
    }
}
