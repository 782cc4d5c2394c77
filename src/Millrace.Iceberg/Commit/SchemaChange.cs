namespace Millrace.Iceberg;

/// <summary>Changes of columns.</summary>
internal static class SchemaChange
{
    /// <summary>The same instance if all columns are there already.</summary>
    /// <exception cref="StaleChangeException">A column of that name has another type.</exception>
    internal static TableMetadata AddColumns(TableMetadata metadata, IReadOnlyList<NewColumn> columns)
    {
        var fields = new List<Field>(metadata.Schema.Fields);
        int lastId = metadata.LastColumnId;
        foreach (NewColumn column in columns)
        {
            Field? known = fields.Find(field => field.Name == column.Name);
            if (known is null)
            {
                fields.Add(new Field(++lastId, column.Name, column.Type, IsRequired: false, column.Doc));
            }
            else if (known.Type != column.Type)
            {
                throw new StaleChangeException(
                    $"{metadata.Location} has a column '{column.Name}' of another type than {column.Type.Text}.");
            }
        }
        if (fields.Count == metadata.Schema.Fields.Count)
        {
            return metadata;
        }
        int schemaId = metadata.Schemas.Max(schema => schema.Id) + 1;
        return metadata with
        {
            Schemas = [.. metadata.Schemas, metadata.Schema with { Id = schemaId, Fields = fields }],
            CurrentSchemaId = schemaId,
            LastColumnId = lastId,
        };
    }
}
