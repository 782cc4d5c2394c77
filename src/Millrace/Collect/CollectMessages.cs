using Microsoft.Extensions.Logging;
using Millrace.Control;
using Millrace.Log;

namespace Millrace.Collect;

internal static partial class CollectMessages
{
    [LoggerMessage(Level = LogLevel.Information,
        Message = "Control version {Version} is in force from log offset {Offset} on.")]
    public static partial void ControlInForce(this ILogger logger, KeyHash version, long offset);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The log refused a {Kind} record ({Refusal}); it is tried again. Nothing is lost.")]
    public static partial void RecordRefused(this ILogger logger, string kind, AppendRefusal refusal);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The log refused the last counts of refused requests ({Refusal}): "
            + "{Requests} requests are missing in the ledger.")]
    public static partial void RefusalsLost(this ILogger logger, AppendRefusal refusal, long requests);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "control.db could not keep a control version; it is tried again. {Reason}")]
    public static partial void VersionNotKept(this ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Connections from one address exceed {ConnectionsMax}; further ones are closed. If it is a proxy, "
            + "name it in 'forwarded.networks'.")]
    public static partial void TooManyFromOneAddress(this ILogger logger, int connectionsMax);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Nearly all of {ConnectionsMax} connections are taken: those idle longest are closed. If they are "
            + "clients, raise 'collect.connections_max'.")]
    public static partial void ConnectionsNearlyFull(this ILogger logger, int connectionsMax);
}
