namespace Millrace.Iceberg;

/// <summary>A table in a catalog.</summary>
/// <param name="Namespace">Levels joined with dots.</param>
/// <param name="Name">Name without dots.</param>
public sealed record TableName(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}.{Name}";
}
