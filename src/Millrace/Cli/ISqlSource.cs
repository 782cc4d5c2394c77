namespace Millrace.Cli;

/// <summary>Where <c>millrace sql</c> sends its statements: a server or a data directory.</summary>
internal interface ISqlSource : IAsyncDisposable
{
    /// <summary>Runs one SELECT and writes its answer as <paramref name="format"/> says.</summary>
    /// <exception cref="CliError">It was refused, or nobody is there to ask.</exception>
    Task RunAsync(string sql, SqlFormat format, Stream output, CancellationToken ct);
}

/// <summary>Forms of an answer; a table is drawn from JSON.</summary>
internal enum SqlFormat { Table, Csv, Json, Parquet }
