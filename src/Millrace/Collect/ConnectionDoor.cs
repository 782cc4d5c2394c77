using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Millrace.Control;

namespace Millrace.Collect;

/// <summary>Marks each connection with the side it came in by, and bounds how many one address may have.</summary>
internal sealed class ConnectionDoor(CollectOptions options, LiveSettings settings, ILogger<ConnectionDoor> logger)
{
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();
    private int _isTold;

    public async Task EnterAsync(ConnectionContext connection, Side side, ConnectionDelegate next)
    {
        connection.Features.Set(new SideFeature(side));
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is null || Forwarded.IsTrusted(address, settings.Current.TrustedNetworks))
        {
            await next(connection);
            return;
        }
        try
        {
            if (_open.AddOrUpdate(address, 1, (_, open) => open + 1) > options.ConnectionsPerAddressMax)
            {
                if (Interlocked.Exchange(ref _isTold, 1) == 0)
                {
                    logger.TooManyFromOneAddress(options.ConnectionsPerAddressMax);
                }
                connection.Abort();
                return;
            }
            await next(connection);
        }
        finally
        {
            Leave(address);
        }
    }

    private void Leave(IPAddress address)
    {
        // Removed only at zero, and only if nobody came in meanwhile: the table is as large as the addresses connected.
        if (_open.AddOrUpdate(address, 0, (_, open) => open - 1) == 0)
        {
            _open.TryRemove(KeyValuePair.Create(address, 0));
        }
    }
}

/// <summary>The side of a connection, seen by its requests.</summary>
internal sealed record SideFeature(Side Side)
{
    /// <summary>Whether a request came in by an address that serves a side; one without a mark (tests) serves
    /// both.</summary>
    public static bool Serves(HttpContext context, Side side) =>
        context.Features.Get<SideFeature>() is not { } feature || (feature.Side & side) != 0;
}
