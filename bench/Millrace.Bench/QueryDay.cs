using Millrace.DuckDb;
using Millrace.Events;

namespace Millrace.Bench;

/// <summary>The day of <see cref="QueryQuestions.Day"/> out of a lake, for PostgreSQL.</summary>
internal static class QueryDay
{
    /// <summary>Writes the rows as CSV, and returns the statement that makes their table.</summary>
    public static string Write(string path, string csv)
    {
        using var database = Database.Open(null);
        using var connection = database.Connect();
        connection.Execute("SET TimeZone = 'UTC'");
        var folder = Path.Combine(path, $"lake/events/data/year={QueryQuestions.Day.From:yyyy/'month='MM/'day='dd}");
        connection.Execute(
            $"COPY (FROM read_parquet({Sql.Text(folder + "/**/*.parquet")}, hive_partitioning = false) "
            + $"ORDER BY event_time) TO {Sql.Text(csv)} (FORMAT csv, HEADER false)");
        var columns = EventColumns.All.Select(
            column => $"{EventColumns.Name(column)} {TypeOf(EventColumns.Type(column))}");
        return $"CREATE TABLE events ({string.Join(", ", columns)});";
    }

    private static string TypeOf(ColumnType type) => type switch
    {
        ColumnType.Text => "text",
        ColumnType.Time => "timestamptz",
        ColumnType.Real => "double precision",
        ColumnType.Flag => "boolean",
        ColumnType.Long => "bigint",
        _ => "integer",
    };
}
