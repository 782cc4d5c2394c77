using System.ComponentModel.DataAnnotations;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Millrace.Control;

namespace Millrace.Collect;

/// <summary>What an address serves.</summary>
[Flags]
internal enum Side { Collect = 1, Api = 2, Both = Collect | Api }

/// <summary>An address to listen on.</summary>
internal sealed record Listener(ListenAddress Address, Side Side);

/// <summary>Sets every limit of Kestrel and opens the addresses.</summary>
internal static class CollectKestrel
{
    private const string NoBareLineFeeds = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    /// <exception cref="ValidationException">A limit is out of its range.</exception>
    public static void Harden(KestrelServerOptions kestrel, CollectOptions options, int connectionsMax)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        // A bare line feed as line end lets a proxy and us disagree where a request ends.
        AppContext.SetSwitch(NoBareLineFeeds, true);
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(options.BodyBytesPerSecondMin, options.BodyRateGrace);
        limits.MaxConcurrentConnections = connectionsMax;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestHeaderCount = options.HeadersMax;
        limits.MaxRequestHeadersTotalSize = options.HeaderBytesMax;
        limits.MaxRequestLineSize = options.RequestLineBytesMax;
        limits.MaxRequestBodySize = options.BodyBytesMax;
    }

    /// <param name="https">Null: plain HTTP.</param>
    /// <exception cref="OperatorException">The certificate cannot be read.</exception>
    public static void Listen(
        KestrelServerOptions kestrel, IReadOnlyList<Listener> listeners, ConnectionDoor door, HttpsSettings? https)
    {
        var certificate = https is null ? null : Load(https);
        foreach (var listener in listeners)
        {
            if (listener.Address.Ip is { } ip)
            {
                kestrel.Listen(ip, listener.Address.Port, Configure);
            }
            else
            {
                kestrel.ListenLocalhost(listener.Address.Port, Configure);
            }

            void Configure(ListenOptions listen)
            {
                listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                listen.Use(next => connection => door.EnterAsync(connection, listener.Side, next));
                if (certificate is not null)
                {
                    listen.UseHttps(certificate, tls => tls.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
                }
            }
        }
    }

    private static X509Certificate2 Load(HttpsSettings https)
    {
        try
        {
            return Path.GetExtension(https.Certificate).Equals(".pfx", StringComparison.OrdinalIgnoreCase)
                ? X509CertificateLoader.LoadPkcs12FromFile(https.Certificate, https.Password)
                : https.Password is null ? X509Certificate2.CreateFromPemFile(https.Certificate, https.Key)
                : X509Certificate2.CreateFromEncryptedPemFile(https.Certificate, https.Password, https.Key);
        }
        catch (Exception failure) when (failure is System.Security.Cryptography.CryptographicException
            or IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(OperatorException.BadUsage,
                $"The certificate '{https.Certificate}' cannot be used: {failure.Message}", failure);
        }
    }
}
