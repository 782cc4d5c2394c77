using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary>Statements go to <c>POST /api/sql</c> of a server.</summary>
internal sealed class SqlServer : ISqlSource
{
    private readonly HttpClient _client;

    public SqlServer(Uri server, string key)
    {
        // The server has its own time limit; a second one here would only hide its answer.
        _client = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public async Task RunAsync(string sql, SqlFormat format, Stream output, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/sql");
        request.Content = JsonContent.Create(new { sql });
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(format switch
        {
            SqlFormat.Csv => "text/csv",
            SqlFormat.Parquet => "application/vnd.apache.parquet",
            _ => "application/json",
        }));
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (!response.IsSuccessStatusCode)
            {
                throw new CliError(await ComplaintAsync(response, ct));
            }
            await response.Content.CopyToAsync(output, ct);
        }
        catch (HttpRequestException failure)
        {
            throw new CliError(
                $"The server at {_client.BaseAddress} gave no whole answer ({failure.Message}): "
                + "is it running, and is --to right?");
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string> ComplaintAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var body = await response.Content.ReadAsByteArrayAsync(ct);
        try
        {
            using var problem = JsonDocument.Parse(body);
            var (detail, code) = (problem.RootElement.GetProperty("detail"), problem.RootElement.GetProperty("code"));
            return $"{detail.GetString()} ({code.GetString()})";
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"The server answered {(int)response.StatusCode}; is there a Millrace at --to?";
        }
    }
}
