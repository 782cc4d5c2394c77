using System.Text.Json;

namespace Millrace.Iceberg;

/// <summary>The order rows are written in; 0 is always "unsorted".</summary>
public sealed record SortOrder(int Id, IReadOnlyList<SortField> Fields)
{
    /// <summary>Order 0, which every table lists.</summary>
    public static SortOrder Unsorted { get; } = new(0, []);

    internal static SortOrder Read(JsonElement json) => new(
        json.GetProperty("order-id").GetInt32(),
        [.. json.GetProperty("fields").EnumerateArray().Select(field => new SortField(
            field.GetProperty("source-id").GetInt32(),
            field.Text("transform"),
            field.Text("direction"),
            field.Text("null-order")))]);

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("order-id", Id);
        writer.WriteStartArray("fields");
        foreach (SortField field in Fields)
        {
            writer.WriteStartObject();
            writer.WriteString("transform", field.Transform);
            writer.WriteNumber("source-id", field.SourceId);
            writer.WriteString("direction", field.Direction);
            writer.WriteString("null-order", field.NullOrder);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

/// <summary>One key of a sort order.</summary>
/// <param name="SourceId">Column id.</param>
/// <param name="Transform">Usually <c>identity</c>.</param>
/// <param name="Direction"><c>asc</c> or <c>desc</c>.</param>
/// <param name="NullOrder"><c>nulls-first</c> or <c>nulls-last</c>.</param>
public sealed record SortField(
    int SourceId, string Transform = "identity", string Direction = "asc", string NullOrder = "nulls-first");
