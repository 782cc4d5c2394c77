using Millrace.DuckDb;
using Millrace.Lake;

namespace Millrace.Query;

/// <summary>Tells a query that failed on a damaged file of the lake from one that is wrong itself.</summary>
internal static class DamagedFile
{
    /// <summary>The file of the query on which DuckDB failed; null: none of them is to blame.</summary>
    /// <remarks>Mostly DuckDB names it. Where it does not, a reader of its own failed, whatever the statement was: then
    /// the checksums of the files tell, as far as there is time to read them.</remarks>
    public static string? Find(DuckDbException failure, IEnumerable<string> files, CancellationToken late)
    {
        if (failure.Type is not (DuckDbErrorType.IO or DuckDbErrorType.Invalid or DuckDbErrorType.InvalidInput
            or DuckDbErrorType.Serialization or DuckDbErrorType.Internal or DuckDbErrorType.Fatal))
        {
            return null;
        }
        return files.FirstOrDefault(file => failure.Message.Contains(file, StringComparison.Ordinal))
            ?? (failure.Type is DuckDbErrorType.Invalid or DuckDbErrorType.Serialization
                ? files.TakeWhile(_ => !late.IsCancellationRequested).FirstOrDefault(IsDamaged) : null);
    }

    private static bool IsDamaged(string file)
    {
        try
        {
            return !DataFileName.IsSound(file);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
