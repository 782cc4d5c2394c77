using System.Globalization;

namespace Millrace.Integration;

/// <summary>Where a test takes its chance from: MILLRACE_SEED, else the day.</summary>
internal sealed class Seed
{
    private readonly int _number = Number("MILLRACE_SEED")
        ?? int.Parse(DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <param name="salt">So that tests of one day do not do the same.</param>
    public Random NewRandom(int salt = 0) => new(_number + salt);

    /// <summary>A whole number of the environment; null: it is not set.</summary>
    public static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public override string ToString() => $"MILLRACE_SEED={_number}";
}
