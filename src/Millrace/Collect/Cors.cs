using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Millrace.Collect;

/// <summary>Lets browsers of any origin send events and read the answer, on errors too: without these headers an SDK
/// sees a network error instead of the status.</summary>
internal static class Cors
{
    private const string Methods = "GET, POST, OPTIONS";

    /// <summary>Two hours: browsers take no more.</summary>
    private const string MaxAgeSeconds = "7200";

    /// <summary>On every answer. Credentials are allowed because beacons always send them; a key decides, never a
    /// cookie.</summary>
    public static void Apply(HttpContext context)
    {
        var origin = context.Request.Headers.Origin;
        if (origin.Count == 0 || !CanEcho(origin))
        {
            return;
        }
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = "true";
        headers.AccessControlExposeHeaders = "Retry-After, Millrace-Receipt";
        headers.Vary = "Origin";
    }

    /// <summary>Answers a preflight: whatever headers it asks for are allowed.</summary>
    public static void AnswerPreflight(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.Allow = Methods;
        response.Headers.AccessControlAllowMethods = Methods;
        response.Headers.AccessControlMaxAge = MaxAgeSeconds;
        var asked = context.Request.Headers.AccessControlRequestHeaders;
        if (asked.Count > 0 && CanEcho(asked))
        {
            response.Headers.AccessControlAllowHeaders = asked;
        }
        response.Headers.Vary = "Origin, Access-Control-Request-Headers";
    }

    // Kestrel reads UTF-8 in request headers and throws if we send it back.
    private static bool CanEcho(StringValues values)
    {
        foreach (var value in values)
        {
            if (!Ascii.IsValid(value) || value.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            {
                return false;
            }
        }
        return true;
    }
}
