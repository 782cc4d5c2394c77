using System.Globalization;
using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Audit;

/// <summary>Reads whole Parquet files.</summary>
internal sealed class ParquetScan : IDisposable
{
    private readonly Database _database = Database.Open(null, new Dictionary<string, string>
    {
        ["memory_limit"] = "256MiB",
        ["threads"] = "1",
        ["autoinstall_known_extensions"] = "false",
        ["autoload_known_extensions"] = "false",
    });
    private readonly Connection _connection;

    public ParquetScan() => _connection = _database.Connect();

    /// <summary>Decodes every value.</summary>
    /// <returns>Rows, and values that are not null by column.</returns>
    /// <exception cref="DuckDbException">It cannot be read.</exception>
    public (long Rows, IReadOnlyDictionary<string, long> Values) Count(LakeTable table, string path)
    {
        // min() looks at each value, which count() need not.
        var columns = table.Schema.Fields.Select(field => $"count(\"{field.Name}\"), min(\"{field.Name}\")");
        using var result = _connection.Query($"SELECT count(*), {string.Join(", ", columns)} FROM {Source([path])}");
        var row = result.Rows().Single();
        var values = table.Schema.Fields.Select((field, at) => (field.Name, Number(row[1 + 2 * at])));
        return (Number(row[0]), values.ToDictionary(value => value.Name, value => value.Item2));
    }

    /// <summary>Minutes and tenants whose received events are not accounted for, with the difference.</summary>
    public IEnumerable<string> Residues(IReadOnlyList<string> ledgerFiles)
    {
        using var result = _connection.Query($"""
            SELECT minute::VARCHAR, coalesce(tenant, ''),
                (coalesce(sum(events) FILTER (outcome = 'received'), 0)
                    - coalesce(sum(events) FILTER (outcome NOT IN ('received', 'refused')), 0))::BIGINT AS residue
            FROM {Source(ledgerFiles)} GROUP BY ALL HAVING residue <> 0 ORDER BY ALL LIMIT 100
            """);
        foreach (var row in result.Rows())
        {
            yield return $"{row[0]} {row[1]}: {row[2]}";
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private static string Source(IReadOnlyList<string> paths) =>
        $"read_parquet({Sql.List(paths)}, hive_partitioning = false)";

    private static long Number(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
