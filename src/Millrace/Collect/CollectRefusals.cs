using Millrace.Events;
using Millrace.Log;

namespace Millrace.Collect;

/// <summary>Refusals that only the HTTP edge can have.</summary>
internal static class CollectRefusals
{
    public static readonly Refusal BothLengths =
        new(400, "length_ambiguous", "A request may not carry both Content-Length and Transfer-Encoding.");
    public static readonly Refusal TransferEncoding =
        new(400, "transfer_encoding", "The only Transfer-Encoding taken is chunked, once.");
    public static readonly Refusal BrokenBody =
        new(400, "body_broken", "The body does not follow HTTP: a chunk is malformed, or it ends too early.");
    public static readonly Refusal UnknownRoute =
        new(404, "route_unknown", "There is nothing at this path; docs/http.md lists the routes.");
    public static readonly Refusal MethodNotAllowed =
        new(405, "method_not_allowed", "Events are sent with POST.");
    public static readonly Refusal TooSlow =
        new(408, "request_timeout", "The body did not arrive in time.");
    public static readonly Refusal RatioTooHigh =
        new(413, "decoded_ratio", "The body decompresses to more than 200 times its size.");
    public static readonly Refusal TooManyBodies =
        new(503, "bodies_in_flight", "Too many bodies are being read at once; try again shortly.");

    /// <summary>Nobody hears it; the ledger still counts the request.</summary>
    public static readonly Refusal ClientGone =
        new(499, "client_gone", "The client went away before its body was complete.");

    public static Refusal? Of(AppendRefusal refusal) => refusal switch
    {
        AppendRefusal.InFlightFull => Refusal.Overloaded,
        AppendRefusal.DiskFull => Refusal.DiskFull,
        AppendRefusal.DiskFailing => Refusal.DiskFailing,
        _ => null,
    };
}
