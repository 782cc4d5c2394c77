using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Millrace.Control;

namespace Millrace.Collect;

/// <summary>A connection as the door sees it: the side it came in by, and whether it does anything. Thread
/// safe.</summary>
internal sealed class Passage(ConnectionContext connection, Side side, TimeProvider time)
{
    private long _idleSince = time.GetTimestamp();
    private volatile PresentedGrant? _last;
    private int _requests;
    private int _hasLeft;

    public ConnectionContext Connection => connection;

    /// <summary>No request of it is being answered.</summary>
    public bool IsIdle => Volatile.Read(ref _requests) == 0;

    /// <summary>Timestamp of its last answer, or of its coming.</summary>
    public long IdleSince => Volatile.Read(ref _idleSince);

    /// <summary>Whether a request came in by an address that serves a side; one without a mark (tests) serves
    /// both.</summary>
    public static bool Serves(HttpContext context, Side asked) =>
        context.Features.Get<Passage>() is not { } passage || passage.Serves(asked);

    /// <summary>Runs a request, during which the connection is not idle.</summary>
    public static Task RunAsync(HttpContext context, RequestDelegate next) =>
        context.Features.Get<Passage>() is { } passage ? passage.RunRequestAsync(context, next) : next(context);

    /// <summary>What the key of a request stands for; null: unknown or revoked. A client presents the same key again
    /// and again: it is hashed once, until another is presented or keys change.</summary>
    public static KeyGrant? Find(HttpContext context, ControlSnapshot control, ReadOnlySpan<byte> key) =>
        context.Features.Get<Passage>() is { } passage ? passage.Find(control, key) : control.Find(key);

    /// <returns>False: somebody else has counted it out.</returns>
    public bool TryLeave() => Interlocked.Exchange(ref _hasLeft, 1) == 0;

    private KeyGrant? Find(ControlSnapshot control, ReadOnlySpan<byte> key)
    {
        if (_last is { } last && ReferenceEquals(last.Control, control)
            && CryptographicOperations.FixedTimeEquals(key, last.Key))
        {
            return last.Grant;
        }
        var grant = control.Find(key);
        if (grant is not null)
        {
            _last = new PresentedGrant(control, key.ToArray(), grant);
        }
        return grant;
    }

    private bool Serves(Side asked) => (side & asked) != 0;

    private async Task RunRequestAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await next(context);
        }
        finally
        {
            Volatile.Write(ref _idleSince, time.GetTimestamp());
            Interlocked.Decrement(ref _requests);
        }
    }

    private sealed record PresentedGrant(ControlSnapshot Control, byte[] Key, KeyGrant Grant);
}
