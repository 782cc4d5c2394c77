namespace Millrace.Iceberg;

/// <summary>The columns of a table as of one schema change; never changed in place, a new one gets a new id.</summary>
/// <param name="Id">Unique within the table.</param>
/// <param name="Fields">Top-level columns in order.</param>
public sealed record Schema(int Id, IReadOnlyList<Field> Fields)
{
    /// <summary>Keys other engines wrote, such as <c>identifier-field-ids</c>.</summary>
    public UnknownKeys Unknown { get; init; } = UnknownKeys.None;

    /// <summary>Top-level column of that name, or null.</summary>
    public Field? Find(string name) => Fields.FirstOrDefault(field => field.Name == name);

    /// <summary>Column or struct member with that id, or null. Ids inside lists and maps are not found.</summary>
    public Field? Find(int id) => Find(Fields, id);

    /// <summary>Every column and struct member with its path of names, outermost
    /// first; lists and maps are not entered.</summary>
    public IEnumerable<(IReadOnlyList<string> Path, Field Field)> Leaves() => Walk([], Fields);

    /// <summary>The highest id in use, those inside lists and maps included.</summary>
    public int HighestId => Fields.Select(HighestIdOf).DefaultIfEmpty(0).Max();

    /// <summary>The schema as JSON, as Parquet footers carry it under <c>iceberg.schema</c>.</summary>
    public string ToJson() => JsonText.Of(writer => SchemaJson.Write(writer, this));

    /// <summary>Called per file and condition when planning: no allocation.</summary>
    private static Field? Find(IReadOnlyList<Field> fields, int id)
    {
        for (int index = 0; index < fields.Count; index++)
        {
            Field field = fields[index];
            if (field.Id == id)
            {
                return field;
            }
            if (field.Type is StructType nested && Find(nested.Fields, id) is { } member)
            {
                return member;
            }
        }
        return null;
    }

    private static IEnumerable<(IReadOnlyList<string>, Field)> Walk(
        IReadOnlyList<string> prefix, IReadOnlyList<Field> fields)
    {
        foreach (Field field in fields)
        {
            IReadOnlyList<string> path = [.. prefix, field.Name];
            yield return (path, field);
            if (field.Type is StructType nested)
            {
                foreach ((IReadOnlyList<string>, Field) leaf in Walk(path, nested.Fields))
                {
                    yield return leaf;
                }
            }
        }
    }

    private static int HighestIdOf(Field field) => Math.Max(field.Id, HighestIdOf(field.Type));

    private static int HighestIdOf(FieldType type) => type switch
    {
        StructType nested => nested.Fields.Select(HighestIdOf).DefaultIfEmpty(0).Max(),
        ListType list => HighestIdOf(list.Element),
        MapType map => Math.Max(HighestIdOf(map.Key), HighestIdOf(map.Value)),
        _ => 0,
    };

    private static int HighestIdOf(NestedField field) => Math.Max(field.Id, HighestIdOf(field.Type));
}

/// <summary>A column or struct member.</summary>
/// <param name="Id">Never reused: readers resolve columns by it, so a rename keeps it.</param>
/// <param name="Name">Current name.</param>
/// <param name="Type">Type.</param>
/// <param name="IsRequired">True if null is impossible. Ours are always
/// optional: DuckDB writes only optional columns.</param>
/// <param name="Doc">Comment, or null.</param>
public sealed record Field(int Id, string Name, FieldType Type, bool IsRequired = false, string? Doc = null)
{
    /// <summary>Keys other engines wrote, such as defaults.</summary>
    public UnknownKeys Unknown { get; init; } = UnknownKeys.None;

    /// <summary>The column's name inside Parquet files: letters, digits and
    /// underscores, everything else as <c>_x2E</c>.</summary>
    /// <remarks>The rule of Iceberg's AvroSchemaUtil.sanitize; icebird finds columns only under this name.</remarks>
    public string FileName => AvroNames.Sanitize(Name);
}
