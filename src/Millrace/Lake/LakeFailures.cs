using System.Data.Common;
using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Tells a failing world, which may recover, from a bug, which must stop the process.</summary>
internal static class LakeFailures
{
    public static bool MayPass(Exception exception) => exception switch
    {
        IOException or UnauthorizedAccessException or DbException or CommitUnknownException => true,
        _ => false,
    };
}
