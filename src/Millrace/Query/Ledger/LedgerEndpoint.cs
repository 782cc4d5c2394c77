using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Millrace.Events;

namespace Millrace.Query;

/// <summary><c>GET /api/ledger?from&amp;to&amp;tenant</c>: every event accounted for, per minute and tenant.</summary>
internal sealed class LedgerEndpoint(LedgerReader ledger, AdminKeys keys, TimeProvider time)
{
    private static readonly TimeSpan PeriodDefault = TimeSpan.FromHours(24);

    private static readonly Refusal InvalidTime = new(
        400, "invalid_request", 
        "'from' and 'to' are times such as 2026-01-31T12:00:00Z, and 'from' is the earlier one.");
    private static readonly Refusal OtherTenant = new(
        403, "key_role", "This key sees one tenant only: leave 'tenant' out, or name that one.");

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/api/ledger", AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        if (!keys.TryAdmit(context.Request, out var grant, out var refusal))
        {
            await QueryAnswers.RefuseAsync(context, refusal);
            return;
        }
        var tenant = context.Request.Query["tenant"].ToString();
        if (PeriodOf(context.Request.Query, tenant.Length > 0 ? tenant : grant.Tenant) is not { } period)
        {
            await QueryAnswers.RefuseAsync(context, InvalidTime);
            return;
        }
        if (grant.Tenant.Length > 0 && period.Tenant != grant.Tenant)
        {
            await QueryAnswers.RefuseAsync(context, OtherTenant);
            return;
        }
        try
        {
            var report = await ledger.ReadAsync(period, context.RequestAborted);
            context.Response.ContentType = "application/json";
            await using var json = new Utf8JsonWriter(context.Response.BodyWriter, JsonRows.WriterOptions);
            report.Write(json);
            await json.FlushAsync(context.RequestAborted);
        }
        catch (QueryRefusedException refused)
        {
            await QueryAnswers.RefuseAsync(context, refused.Refusal);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, and there is nobody to answer.
        }
    }

    private LedgerPeriod? PeriodOf(IQueryCollection query, string tenant)
    {
        // No end where none is asked for: while a clock that was ahead is back, what it received lies in the future.
        var asked = query["to"].ToString();
        var to = Time(asked, DateTimeOffset.MaxValue);
        var last = asked.Length == 0 ? time.GetUtcNow() : to;
        var from = last is null ? null : Time(query["from"].ToString(), last.Value - PeriodDefault);
        return from < to ? new LedgerPeriod(from!.Value, to!.Value, tenant) : null;
    }

    /// <summary>Null if the text is no time.</summary>
    private static DateTimeOffset? Time(string text, DateTimeOffset otherwise) => text.Length == 0
        ? otherwise
        : DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time : null;
}
