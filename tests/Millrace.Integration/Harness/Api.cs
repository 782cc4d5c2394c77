using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Millrace.Integration;

/// <summary>The HTTP side of a server, as any other program would use it.</summary>
internal sealed class Api : IDisposable
{
    private readonly HttpClient _http;

    public Api(string url, string key)
    {
        _http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(5) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>One SELECT; every value as JSON.</summary>
    public async Task<IReadOnlyList<JsonElement[]>> SqlAsync(string sql, params object[] parameters)
    {
        using var response = await _http.PostAsJsonAsync("/api/sql", new { sql, @params = parameters });
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{sql}\n{text}");
        var answer = JsonDocument.Parse(text).RootElement;
        answer.GetProperty("truncated").GetBoolean().ShouldBeFalse();
        return [.. answer.GetProperty("rows").EnumerateArray().Select(row => row.EnumerateArray().ToArray())];
    }

    /// <summary>One SELECT of one whole number.</summary>
    public async Task<long> NumberAsync(string sql) => (await SqlAsync(sql))[0][0].AsLong();

    /// <summary>One SELECT without a limit of rows; lines of CSV without their heading.</summary>
    public async Task<string[]> LinesAsync(string sql)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/sql")
        {
            Content = JsonContent.Create(new { sql }),
        };
        request.Headers.Accept.ParseAdd("text/csv");
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{sql}\n{text}");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1..];
    }

    /// <summary>One SELECT of any number of rows, into a file of CSV with a heading.</summary>
    public async Task SaveAsync(string sql, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/sql")
        {
            Content = JsonContent.Create(new { sql, timeout_ms = 300_000 }),
        };
        request.Headers.Accept.ParseAdd("text/csv");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.IsSuccessStatusCode.ShouldBeTrue($"{sql}: {response.StatusCode}");
        await using var file = File.Create(path);
        await response.Content.CopyToAsync(file);
    }

    /// <summary>The ledger of the whole life of a test.</summary>
    public async Task<Ledger> LedgerAsync() =>
        new(await _http.GetFromJsonAsync<JsonElement>("/api/ledger"));

    /// <summary>Waits until everything received is committed, and the ledger says so.</summary>
    public Task<Ledger> SettledAsync(long receivedMin) => Eventually.SeeAsync(
        LedgerAsync, ledger => ledger.Total.Received >= receivedMin && ledger.Total.Pending == 0,
        TimeSpan.FromSeconds(90));

    /// <summary>Sends native events; the answer's status, or 0 if there was none.</summary>
    public static async Task<int> SendAsync(HttpClient http, string url, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url + "/v1/events")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/x-ndjson"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Workspace.WriteKey);
        try
        {
            using var response = await http.SendAsync(request);
            return (int)response.StatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return 0;
        }
    }

    public void Dispose() => _http.Dispose();
}

internal static class JsonValues
{
    /// <summary>A whole number, also where it is written as text because it has 64 bits.</summary>
    public static long AsLong(this JsonElement value) => value.ValueKind == JsonValueKind.String
        ? long.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
        : (long)value.GetDecimal();
}
