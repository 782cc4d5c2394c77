using Millrace.Events;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>A table of the lake: its schema, partitions and order, for every engine.</summary>
/// <param name="Partition">The partition spec; one field, the day of a time column.</param>
/// <param name="Order">Columns that data files are sorted by.</param>
internal sealed record LakeTable(string Name, Schema Schema, PartitionSpec Partition, IReadOnlyList<string> Order)
{
    public const string Namespace = "millrace";
    public const int SortOrderId = 1;

    /// <summary>Its bounds in manifests are whole: equal ones say that a file is one tenant's.</summary>
    public const string TenantColumn = "tenant";

    public static readonly LakeTable Events = Create(
        "events", [.. EventColumns.All.Select(c => (EventColumns.Name(c), IcebergType(EventColumns.Type(c))))],
        new Layout("event_time", "event_day", ["tenant", "event", "event_time"]));

    public static readonly LakeTable FailedEvents = Create(
        "failed_events",
        [
            ("failed_id", FieldType.String), ("tenant", FieldType.String), ("source", FieldType.String),
            ("received_time", FieldType.TimestampTz), ("stage", FieldType.String), ("code", FieldType.String),
            ("reason", FieldType.String), ("event", FieldType.String), ("payload", FieldType.Binary),
            ("node", FieldType.String), ("log_offset", FieldType.Long), ("batch_index", FieldType.Int),
            ("envelope", FieldType.Binary),
        ],
        new Layout("received_time", "received_day", ["tenant", "received_time"]));

    public static readonly LakeTable Ledger = Create(
        "ledger",
        [
            ("minute", FieldType.TimestampTz), ("tenant", FieldType.String), ("source", FieldType.String),
            ("route", FieldType.String), ("outcome", FieldType.String), ("reason", FieldType.String),
            ("events", FieldType.Long), ("bytes", FieldType.Long),
        ],
        new Layout("minute", "minute_day", ["minute", "tenant"]));

    /// <summary>The tables that one commit of the lake swaps together.</summary>
    public static IReadOnlyList<LakeTable> All { get; } = [Events, FailedEvents, Ledger];

    /// <summary>The time column whose day is the partition.</summary>
    public string TimeColumn => Schema.Fields.Single(f => f.Id == Partition.Fields[0].SourceId).Name;

    public TableName TableName => new(Namespace, Name);

    /// <summary><see cref="Order"/> as the table's metadata carries it.</summary>
    public SortOrder SortOrder => new(
        SortOrderId, [.. Order.Select(column => new SortField(Schema.Fields.Single(f => f.Name == column).Id))]);

    private sealed record Layout(string Time, string Day, string[] Order);

    private static LakeTable Create(string name, (string Name, FieldType Type)[] columns, Layout layout)
    {
        var fields = columns.Select((c, i) => new Field(i + 1, c.Name, c.Type, IsRequired: false, Doc: null)).ToArray();
        var timeId = fields.Single(f => f.Name == layout.Time).Id;
        var partition = new PartitionSpec(0, [new PartitionField(timeId, 1000, layout.Day, "day")]);
        return new LakeTable(name, new Schema(0, fields), partition, layout.Order);
    }

    private static PrimitiveType IcebergType(ColumnType type) => type switch
    {
        ColumnType.Text => FieldType.String,
        ColumnType.Time => FieldType.TimestampTz,
        ColumnType.Real => FieldType.Double,
        ColumnType.Flag => FieldType.Boolean,
        ColumnType.Long => FieldType.Long,
        ColumnType.Int => FieldType.Int,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
