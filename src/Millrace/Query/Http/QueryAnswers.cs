using System.Globalization;
using Microsoft.AspNetCore.Http;
using Millrace.Events;

namespace Millrace.Query;

/// <summary>Refusals of the read side as problem+json.</summary>
internal static class QueryAnswers
{
    private const int RetryAfterSeconds = 1;

    public static async Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        if (context.Response.HasStarted)
        {
            // Rows are out already: only a broken connection still tells the reader that some are missing.
            context.Abort();
            return;
        }
        context.Response.Clear();
        context.Response.StatusCode = refusal.Status;
        context.Response.ContentType = Problem.ContentType;
        if (refusal.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
        await context.Response.Body.WriteAsync(Problem.Body(refusal), context.RequestAborted);
    }
}
