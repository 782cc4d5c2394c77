using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Iceberg;

namespace Millrace.Integration;

/// <summary>Compares rows as icebird reads them with the same rows by our SQL: every column, every value.</summary>
/// <remarks>icebird shows instants to the millisecond and bytes as text; so they are compared.</remarks>
internal sealed class SampleCheck(Table table, string key, Api api)
{
    private readonly HashSet<string> _checked = [];

    public async Task RunAsync(IReadOnlyList<JsonElement> rows)
    {
        var fresh = rows.Where(row => _checked.Add(row.GetProperty(key).GetString()!)).ToArray();
        if (fresh.Length == 0)
        {
            return;
        }
        var fields = table.Metadata.Schema.Fields;
        var ids = string.Join(", ", fresh.Select(row => Quoted(row.GetProperty(key).GetString()!)));
        var found = await api.SqlAsync(
            $"SELECT {string.Join(", ", fields.Select(Selected))} FROM {table.Name.Name} WHERE {key} IN ({ids})");
        var keyAt = fields.ToList().FindIndex(field => field.Name == key);
        var byKey = found.ToDictionary(row => row[keyAt].GetString()!);
        foreach (var row in fresh)
        {
            var ours = byKey[row.GetProperty(key).GetString()!];
            for (var i = 0; i < fields.Count; i++)
            {
                Ours(fields[i], ours[i])
                    .ShouldBe(Theirs(fields[i], row.GetProperty(fields[i].Name)), $"{fields[i].Name} of {row}");
            }
        }
    }

    private static string Selected(Field field) =>
        field.Type == FieldType.TimestampTz ? $"epoch_us({field.Name})"
        : field.Type == FieldType.Binary ? $"hex({field.Name})"
        : $"\"{field.Name}\"";

    private static string? Ours(Field field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? null
        : field.Type == FieldType.TimestampTz ? Milliseconds(value.AsLong() / 1000)
        : field.Type == FieldType.Binary ? Encoding.UTF8.GetString(Convert.FromHexString(value.GetString()!))
        : Plain(field, value);

    private static string? Theirs(Field field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? null
        : field.Type == FieldType.TimestampTz ? Milliseconds(value.GetDateTimeOffset().ToUnixTimeMilliseconds())
        : field.Type == FieldType.Binary ? value.GetString()
        : Plain(field, value);

    private static string Plain(Field field, JsonElement value) =>
        field.Type == FieldType.Double
            ? value.GetDouble().ToString("R", CultureInfo.InvariantCulture) : value.ToString();

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Milliseconds(long value) => value.ToString(CultureInfo.InvariantCulture);
}
