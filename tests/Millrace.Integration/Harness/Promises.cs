using Millrace.DuckDb;
using Millrace.Events;

namespace Millrace.Integration;

/// <summary>What clients were promised, held against what is there: the ids of both, compared in SQL.</summary>
/// <param name="Acknowledged">Promised.</param>
/// <param name="Missing">Acknowledged and not there.</param>
/// <param name="Doubled">There more than once.</param>
/// <param name="Unasked">There and not acknowledged.</param>
internal sealed record Promises(long Acknowledged, long Missing, long Doubled, long Unasked)
{
    /// <summary>Up to five ids of each kind that is wrong.</summary>
    public required string Examples { get; init; }

    /// <param name="acknowledged">One id a line.</param>
    /// <param name="rows">CSV with a column <c>event_id</c>, one line for each row of the table.</param>
    public static Promises Compare(string acknowledged, string rows)
    {
        using var database = Database.Open(null, new Dictionary<string, string>
        {
            ["memory_limit"] = "2GiB",
            ["temp_directory"] = rows + ".spill",
        });
        using var connection = database.Connect();
        connection.Execute($"""
            CREATE TABLE judged AS
            SELECT coalesce(id, event_id) AS id, coalesce(copies, 0) AS copies, id IS NOT NULL AS asked
            FROM (SELECT DISTINCT id FROM read_csv({Sql.Text(acknowledged)},
                      header = false, delim = ',', columns = {'{'}'id': 'VARCHAR'{'}'}))
            FULL JOIN (SELECT event_id, count(*) AS copies
                       FROM read_csv({Sql.Text(rows)},
                           header = true, delim = ',', columns = {'{'}'event_id': 'VARCHAR'{'}'})
                       GROUP BY event_id) ON id = event_id
            """);
        long Count(string condition) =>
            connection.Scalar<long>($"SELECT count(*) FROM judged WHERE {condition}");
        return new Promises(
            Count("asked"), Count("asked AND copies = 0"), Count("copies > 1"), Count("NOT asked"))
        {
            Examples = connection.Scalar<string>("""
                SELECT string_agg(id || ' x' || copies, ', ') FROM
                (FROM judged WHERE copies != 1 OR NOT asked ORDER BY copies, id LIMIT 15)
                """) ?? "",
        };
    }
}
