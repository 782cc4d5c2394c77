namespace Millrace.Query;

/// <summary>Names as DuckDB compares them.</summary>
internal static class SqlNames
{
    /// <summary>Lower case for A to Z, and nothing else: DuckDB tells other letters apart, and so must we.</summary>
    public static string Fold(string name) =>
        name.AsSpan().IndexOfAnyInRange('A', 'Z') < 0
            ? name
            : string.Create(name.Length, name, (folded, source) =>
            {
                for (var i = 0; i < folded.Length; i++)
                {
                    folded[i] = source[i] is >= 'A' and <= 'Z' ? (char)(source[i] | 0x20) : source[i];
                }
            });
}
