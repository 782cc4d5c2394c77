using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Millrace.Control;

namespace Millrace.Collect;

/// <summary>Marks each connection with the side it came in by, bounds how many one address may have, and closes those
/// that have been idle longest when nearly all are taken: whoever has something to send gets in.</summary>
internal sealed class ConnectionDoor(
    CollectOptions options, LiveSettings settings, TimeProvider time, ILogger<ConnectionDoor> logger)
{
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();
    private readonly ConcurrentDictionary<Passage, bool> _strangers = new();

    // Read once, as Kestrel does.
    private readonly int _connectionsMax = settings.Current.Collect.ConnectionsMax;
    private readonly Lock _clearing = new();
    private int _inside;
    private int _isTold;
    private int _isFullTold;

    /// <summary>Connections kept free for those who come: a sixteenth.</summary>
    private int Spare => Math.Max(1, _connectionsMax / 16);

    public async Task EnterAsync(ConnectionContext connection, Side side, ConnectionDelegate next)
    {
        var passage = new Passage(connection, side, time);
        connection.Features.Set(passage);
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        Interlocked.Increment(ref _inside);
        try
        {
            if (address is null || Forwarded.IsTrusted(address, settings.Current.TrustedNetworks))
            {
                await next(connection);
                return;
            }
            await EnterAsync(passage, address, next);
        }
        finally
        {
            if (passage.TryLeave())
            {
                Interlocked.Decrement(ref _inside);
            }
        }
    }

    private async Task EnterAsync(Passage passage, IPAddress address, ConnectionDelegate next)
    {
        try
        {
            if (_open.AddOrUpdate(address, 1, (_, open) => open + 1) > options.ConnectionsPerAddressMax)
            {
                if (Interlocked.Exchange(ref _isTold, 1) == 0)
                {
                    logger.TooManyFromOneAddress(options.ConnectionsPerAddressMax);
                }
                passage.Connection.Abort();
                return;
            }
            if (Volatile.Read(ref _inside) > _connectionsMax - Spare)
            {
                MakeRoom();
            }
            _strangers.TryAdd(passage, true);
            await next(passage.Connection);
        }
        finally
        {
            _strangers.TryRemove(passage, out _);
            Leave(address);
        }
    }

    /// <summary>Closes as many idle connections as are kept free, so that a crowd is looked through once for that
    /// many.</summary>
    private void MakeRoom()
    {
        // One at a time, and nobody waits: there is room for as many as may come meanwhile.
        if (!_clearing.TryEnter())
        {
            return;
        }
        try
        {
            if (Interlocked.Exchange(ref _isFullTold, 1) == 0)
            {
                logger.ConnectionsNearlyFull(_connectionsMax);
            }
            var idle = _strangers.Keys.Where(passage => passage.IsIdle)
                .OrderBy(passage => passage.IdleSince).Take(Spare).ToList();
            foreach (var passage in idle)
            {
                if (passage.TryLeave())
                {
                    Interlocked.Decrement(ref _inside);
                    passage.Connection.Abort(new ConnectionAbortedException("Others need the connection."));
                }
            }
        }
        finally
        {
            _clearing.Exit();
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
