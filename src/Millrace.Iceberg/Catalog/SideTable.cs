namespace Millrace.Iceberg;

/// <summary>Names of side tables, which stand in SQL text and therefore may hold nothing but letters.</summary>
internal static class SideTable
{
    private const int LengthMax = 63;

    /// <exception cref="ArgumentException">Not lower-case letters, digits and underscores, or a name SQLite or
    /// Iceberg keeps for itself.</exception>
    internal static string Checked(string name)
    {
        bool isPlain = name.Length is > 0 and <= LengthMax
            && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
            && !char.IsAsciiDigit(name[0])
            && !name.StartsWith("iceberg_", StringComparison.Ordinal)
            && !name.StartsWith("sqlite_", StringComparison.Ordinal);
        return isPlain ? name : throw new ArgumentException($"'{name}' cannot name a side table.", nameof(name));
    }
}
