using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Control;
using Millrace.Query;

namespace Millrace.Tests.Query;

/// <summary>The read side on a loopback port, over a <see cref="ShopLake"/>; each role has a key of its own.</summary>
public sealed class ShopServer : IAsyncLifetime
{
    private readonly ShopLake _shop = new();
    private WebApplication? _application;

    internal HttpClient Client { get; private set; } = null!;

    internal Uri Address => Client.BaseAddress!;

    internal List<PendingEvents> Pending { get; } = [];

    /// <summary>What reading the log gives before it gives <see cref="Pending"/>.</summary>
    internal Queue<Func<PendingLog>> PendingBefore { get; } = [];

    internal SmallLake Lake => _shop.Lake;

    internal static string Key(string role) => role.PadRight(KeyRules.ValueCharsMin, '-');

    public async ValueTask InitializeAsync()
    {
        await _shop.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        var keys = new AdminKeys(Find);
        new SqlEndpoint(_shop.Runner, keys, TimeProvider.System).Map(_application);
        var ledger = new LedgerReader(
            _shop.Lake.Reader, _shop.Runner,
            (_, _) => Task.FromResult(PendingBefore.TryDequeue(out var read) ? read() : new PendingLog(Pending)));
        new LedgerEndpoint(ledger, keys, TimeProvider.System).Map(_application);
        await _application.StartAsync();
        Client = new HttpClient { BaseAddress = new Uri(_application.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application!.DisposeAsync();
        await _shop.DisposeAsync();
    }

    internal Task<HttpResponseMessage> PostAsync(object body, string? accept = null, string role = "admin") =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/sql") { Content = JsonContent.Create(body) }, accept, role);

    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? accept = null, string role = "admin")
    {
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }
        if (role.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key(role));
        }
        return await Client.SendAsync(request);
    }

    internal async Task<string> TextAsync(string sql, string? accept = null)
    {
        using var response = await PostAsync(new { sql }, accept);
        return await response.Content.ReadAsStringAsync();
    }

    internal async Task<JsonElement> GetAsync(string path, string role = "admin")
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), role: role);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static KeyGrant? Find(ReadOnlySpan<byte> key)
    {
        var role = Encoding.UTF8.GetString(key).TrimEnd('-');
        return role switch
        {
            "admin" => new KeyGrant("k1", default, "", "", KeyRole.Admin),
            "bolt" => new KeyGrant("k2", default, "bolt", "", KeyRole.Admin),
            "read" => new KeyGrant("k3", default, "acme", "", KeyRole.Read),
            "write" => new KeyGrant("k4", default, "acme", "", KeyRole.Write),
            _ => null,
        };
    }
}
