using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Millrace.Control;

namespace Millrace.Cli;

/// <summary>A server's <c>/api/keys</c>.</summary>
internal sealed class KeyClient : IDisposable
{
    private readonly HttpClient _http;

    public KeyClient(Uri server, string adminKey)
    {
        _http = new HttpClient { BaseAddress = server };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
    }

    public Task<byte[]> CreateAsync(NewKey key, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string?>
        {
            ["role"] = key.Role.ToString().ToLowerInvariant(),
            ["tenant"] = key.Tenant,
            ["source"] = key.Source,
            ["value"] = key.Value,
        });
        return SendAsync(HttpMethod.Post, "/api/keys", new ByteArrayContent(body), cancellationToken);
    }

    public Task<byte[]> ListAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/keys", null, cancellationToken);

    public Task RevokeAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"/api/keys/{Uri.EscapeDataString(id)}", null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(HttpMethod method, string path, HttpContent? body,
        CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            using var answer = await _http.SendAsync(request, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            }
            throw new CliError(await ReasonAsync(answer, cancellationToken));
        }
        catch (HttpRequestException failure)
        {
            throw new CliError($"{_http.BaseAddress} does not answer: {failure.Message}");
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType == Events.Problem.ContentType)
        {
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return problem.GetProperty("detail").GetString()!;
        }
        return $"The server answered {(int)answer.StatusCode}: is this the address of its --api?";
    }
}
