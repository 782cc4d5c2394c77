using Millrace.DuckDb;
using Millrace.Events;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>The files that stand for tables in which there is none. Thread safe.</summary>
/// <param name="directory">Is theirs.</param>
internal sealed class EmptyTables(string directory)
{
    private readonly Lock _lock = new();
    private bool _areMade;

    public string Directory { get; } = directory;

    public string PathOf(LakeTable table) => Path.Combine(Directory, $"{table.Name}.parquet");

    /// <exception cref="DuckDbException">They cannot be written.</exception>
    /// <exception cref="IOException">Nor can their directory.</exception>
    public void Make(Connection connection)
    {
        lock (_lock)
        {
            if (_areMade)
            {
                return;
            }
            System.IO.Directory.CreateDirectory(Directory);
            foreach (var table in LakeTable.All)
            {
                connection.Execute($"COPY ({ViewSql.Nothing(table)}) TO {Sql.Text(PathOf(table))} (FORMAT parquet)");
            }
            _areMade = true;
        }
    }
}
