using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Millrace.Bench;

/// <summary>A running server that answers <c>POST /api/sql</c>.</summary>
internal sealed class QueryServer : IDisposable
{
    private const double TicksPerSecond = 100;

    private readonly HttpClient _http;
    private readonly int _processId;

    public QueryServer(Uri address, string key, int processId)
    {
        _http = new HttpClient { BaseAddress = address };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _processId = processId;
    }

    /// <summary>User and system time of the server, in steps of 10 ms: meaningful as a sum over many rounds.</summary>
    public TimeSpan Cpu
    {
        get
        {
            var fields = File.ReadAllText($"/proc/{_processId}/stat").Split(')')[^1].Split(' ');
            return TimeSpan.FromSeconds((Number(fields[12]) + Number(fields[13])) / TicksPerSecond);
        }
    }

    /// <summary>The rows of the answer, as text.</summary>
    public async Task<List<string>> AskAsync(string sql)
    {
        using var response = await _http.PostAsJsonAsync("/api/sql", new { sql });
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(answer.RootElement.GetRawText());
        }
        return [.. answer.RootElement.GetProperty("rows").EnumerateArray()
            .Select(row => string.Join('|', row.EnumerateArray()))];
    }

    public void Dispose() => _http.Dispose();

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
