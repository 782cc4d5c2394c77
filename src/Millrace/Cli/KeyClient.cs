using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Millrace.Control;

namespace Millrace.Cli;

/// <summary>A server's <c>/api/keys</c>.</summary>
internal sealed class KeyClient : IDisposable
{
    private readonly HttpClient _http;

    public KeyClient(string to, string adminKey)
    {
        if (!Uri.TryCreate(to, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new OperatorException(OperatorException.BadUsage, $"--to '{to}' is no address: use http://HOST:PORT.");
        }
        _http = new HttpClient { BaseAddress = address };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
    }

    public Task<byte[]> CreateAsync(NewKey key, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string?>
        {
            ["role"] = key.Role.ToString().ToLowerInvariant(), ["tenant"] = key.Tenant, ["source"] = key.Source, ["value"] = key.Value,
        });
        return SendAsync(HttpMethod.Post, "/api/keys", new ByteArrayContent(body), cancellation);
    }

    public Task<byte[]> ListAsync(CancellationToken cancellation) => SendAsync(HttpMethod.Get, "/api/keys", null, cancellation);

    public Task RevokeAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, $"/api/keys/{Uri.EscapeDataString(id)}", null, cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            using var answer = await _http.SendAsync(request, cancellation);
            if (answer.IsSuccessStatusCode)
            {
                return await answer.Content.ReadAsByteArrayAsync(cancellation);
            }
            throw new OperatorException(OperatorException.Failed, await ReasonAsync(answer, cancellation));
        }
        catch (HttpRequestException failure)
        {
            throw new OperatorException(OperatorException.Failed, $"'{_http.BaseAddress}' does not answer: {failure.Message}", failure);
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.Content.Headers.ContentType?.MediaType == Events.Problem.ContentType)
        {
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            return problem.GetProperty("detail").GetString()!;
        }
        return $"the server answered {(int)answer.StatusCode}: is this the address of its --api?";
    }
}
