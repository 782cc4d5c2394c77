using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>How rows are divided among files; old specs stay, each manifest names its own.</summary>
public sealed record PartitionSpec(int Id, IReadOnlyList<PartitionField> Fields)
{
    /// <summary>A table in one piece.</summary>
    public static PartitionSpec Unpartitioned { get; } = new(0, []);

    /// <summary>Highest partition field id, or 999 without fields.</summary>
    public int HighestFieldId => Fields.Select(each => each.FieldId).DefaultIfEmpty(999).Max();

    /// <summary>The fields as a JSON array, as manifest headers carry them.</summary>
    internal string FieldsToJson() => JsonText.Of(writer => WriteFields(writer, Fields));

    internal static PartitionSpec Read(JsonElement json) =>
        new(json.GetProperty("spec-id").GetInt32(), ReadFields(json.GetProperty("fields")));

    internal static List<PartitionField> ReadFields(JsonElement json) => [.. json.EnumerateArray().Select(field =>
        new PartitionField(
            field.GetProperty("source-id").GetInt32(),
            field.GetProperty("field-id").GetInt32(),
            field.Text("name"),
            field.Text("transform")))];

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("spec-id", Id);
        writer.WritePropertyName("fields");
        WriteFields(writer, Fields);
        writer.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter writer, IReadOnlyList<PartitionField> fields)
    {
        writer.WriteStartArray();
        foreach (PartitionField field in fields)
        {
            writer.WriteStartObject();
            writer.WriteNumber("source-id", field.SourceId);
            writer.WriteNumber("field-id", field.FieldId);
            writer.WriteString("name", field.Name);
            writer.WriteString("transform", field.Transform);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}

/// <summary>One value that all rows of a file share.</summary>
/// <param name="SourceId">Id of the column it is computed from.</param>
/// <param name="FieldId">1000 or more, unique in the table.</param>
/// <param name="Name">Letters, digits and underscores: it becomes an Avro field name.</param>
/// <param name="Transform"><c>identity</c>, <c>year</c>, <c>month</c>, <c>day</c>, <c>hour</c>, <c>void</c>; any
/// other is kept, but never used to prune.</param>
public sealed record PartitionField(int SourceId, int FieldId, string Name, string Transform);
