using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary>A server of this very program as a child process, so that its processor time is its own.</summary>
internal sealed class BenchServer : IDisposable
{
    private const string Ready = "millrace ready on ";

    private readonly Process _process;
    private readonly HttpClient _http;

    private BenchServer(Process process, Uri address, string adminKey)
    {
        (_process, Address) = (process, address);
        _http = new HttpClient { BaseAddress = address };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
    }

    public Uri Address { get; }

    /// <summary>User and system time so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <param name="directory">With a <c>millrace.json</c>; the data goes beside it.</param>
    /// <exception cref="CliError">It did not come up.</exception>
    public static async Task<BenchServer> StartAsync(string directory, string roles, string adminKey)
    {
        string[] arguments =
        [
            "up", "--data", Path.Combine(directory, "data"), "--config", Path.Combine(directory, "millrace.json"),
            "--http", "127.0.0.1:0", "--roles", roles,
        ];
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var lastWords = "";
        process.ErrorDataReceived += (_, line) => lastWords = line.Data ?? lastWords;
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Ready, StringComparison.Ordinal))
            {
                return new BenchServer(process, new Uri(line[Ready.Length..]), adminKey);
            }
        }
        throw new CliError($"The server to be measured did not start: {lastWords}");
    }

    /// <summary>Asks one SELECT.</summary>
    public async Task AskAsync(string sql, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync("/api/sql", new { sql }, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>A figure of the ledger's total.</summary>
    public async Task<long> LedgerAsync(string name, CancellationToken cancellationToken)
    {
        var ledger = await _http.GetFromJsonAsync<JsonElement>("/api/ledger", cancellationToken);
        return ledger.GetProperty("total").GetProperty(name).GetInt64();
    }

    /// <summary>Ends it at once: what it holds is thrown away.</summary>
    public void Dispose()
    {
        _http.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
