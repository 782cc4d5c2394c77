using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Millrace.Events;

namespace Millrace.Collect;

/// <summary>Writes what Collect knows about a body into pooled memory. Hot path.</summary>
internal static class EnvelopeWriter
{
    private const int UserAgentBytesMax = 1_024;

    /// <returns>Rented memory, to be returned, and how much of it is the envelope.</returns>
    public static (byte[] Rented, int Length) Write(Visit visit, HttpContext context)
    {
        Span<byte> address = stackalloc byte[16];
        Span<byte> userAgent = stackalloc byte[UserAgentBytesMax];
        var envelope = new Envelope
        {
            Tenant = visit.Grant!.TenantUtf8.Span,
            Source = visit.Grant.SourceUtf8.Span,
            Protocol = visit.Route.ProtocolUtf8.Span,
            Route = visit.Route.PathUtf8.Span,
            ClientAddress = address[..Address(context, address)],
            UserAgent = userAgent[..UserAgent(context, userAgent)],
            IsHistory = visit.Route.Route.IsHistory,
        };
        var rented = ArrayPool<byte>.Shared.Rent(Envelope.BytesMax(envelope));
        return (rented, Envelope.Write(rented, EnvelopeKind.Batch, envelope));
    }

    private static int Address(HttpContext context, Span<byte> target)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }
        return address is not null && address.TryWriteBytes(target, out var length) ? length : 0;
    }

    // A longer one is cut: nobody tells devices apart by what stands behind the first kilobyte.
    private static int UserAgent(HttpContext context, Span<byte> target)
    {
        var values = context.Request.Headers.UserAgent;
        if (values.Count == 0)
        {
            return 0;
        }
        Encoding.UTF8.GetEncoder().Convert(values[0], target, flush: true, out _, out var length, out _);
        return length;
    }
}
