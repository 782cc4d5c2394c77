using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Millrace.Events;

namespace Millrace.Query;

/// <summary><c>POST /api/sql</c>: one SELECT in, JSON (bounded), NDJSON, CSV or Parquet (streamed) out.</summary>
internal sealed class SqlEndpoint(QueryRunner runner, AdminKeys keys, TimeProvider time)
{
    private const string Parquet = "application/vnd.apache.parquet";

    private static readonly Refusal NotAcceptable = new(
        406, "not_acceptable", $"Accept must name one of application/json, application/x-ndjson, text/csv, {Parquet}.");

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPost("/api/sql", AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            if (await RefusalAsync(context) is { } refusal)
            {
                await QueryAnswers.RefuseAsync(context, refusal);
            }
        }
        catch (QueryRefusedException refused)
        {
            await QueryAnswers.RefuseAsync(context, refused.Refusal);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; the query has been interrupted, and there is nobody to answer.
        }
    }

    private async Task<Refusal?> RefusalAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        if (!keys.TryAdmit(context.Request, out var grant, out var refusal))
        {
            return refusal;
        }
        if (MediaType(context.Request) is not { } mediaType)
        {
            return NotAcceptable;
        }
        if (await ReadAsync(context) is not { } body)
        {
            return Refusal.NotJson;
        }
        using (body)
        {
            if (!SqlRequest.TryRead(body.RootElement, runner.Options.TimeoutMax, out var request, out refusal))
            {
                return refusal;
            }
            request = request with { Tenant = grant.Tenant, IsIntoParquet = mediaType == Parquet };
            using var query = await runner.StartAsync(request, context.RequestAborted);
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await (mediaType == Parquet
                ? SendParquetAsync(context, query)
                : SendRowsAsync(
                    context, query, FormatOf(mediaType, context.Request), () => time.GetElapsedTime(started)));
            return null;
        }
    }

    private static async Task SendParquetAsync(HttpContext context, RunningQuery query)
    {
        context.Response.ContentType = Parquet;
        context.Response.ContentLength = new FileInfo(query.ParquetPath).Length;
        await context.Response.SendFileAsync(query.ParquetPath, context.RequestAborted);
    }

    private static async Task SendRowsAsync(
        HttpContext context, RunningQuery query, IRowFormat format, Func<TimeSpan> elapsed)
    {
        using var disposable = format as IDisposable;
        context.Response.ContentType = format.ContentType;
        await RowStream.CopyAsync(query, format, context.Response.Body, elapsed, context.RequestAborted);
        // Now and not when the query's session has ended.
        await context.Response.CompleteAsync();
    }

    private IRowFormat FormatOf(string mediaType, HttpRequest request) => mediaType switch
    {
        "text/csv" => new CsvRows(request.Query["guard_formulas"] == "true"),
        "application/x-ndjson" => new NdjsonRows(),
        _ => new JsonRows(runner.Options.JsonRowsMax),
    };

    /// <summary>The first type of Accept that is known here; JSON if all are welcome.</summary>
    private static string? MediaType(HttpRequest request)
    {
        var accepted = request.Headers.Accept.ToString();
        if (accepted.Length == 0)
        {
            return "application/json";
        }
        foreach (var part in accepted.Split(','))
        {
            switch (part.Split(';')[0].Trim().ToLowerInvariant())
            {
                case "*/*" or "application/*" or "application/json": return "application/json";
                case "text/csv" or "text/*": return "text/csv";
                case "application/x-ndjson": return "application/x-ndjson";
                case Parquet: return Parquet;
            }
        }
        return null;
    }

    private static async Task<JsonDocument?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = SqlRequest.BodyBytesMax;
        }
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new QueryRefusedException(SqlRefusals.TooLong, tooLarge);
        }
    }
}
