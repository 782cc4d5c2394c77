using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Collect;
using Millrace.Control;
using Millrace.Log;
using Millrace.Protocols;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Collect;

/// <summary>The real edge on a free port of loopback, with real keys, before a log in memory.</summary>
internal sealed class TestCollector : IAsyncDisposable
{
    public const string WriteKey = "write-key-of-acme-0123456789-abcdefgh";
    public const string ReadKey = "read-key-of-acme-0123456789-abcdefghi";

    private readonly TemporaryFolder _scratch;
    private readonly WebApplication _app;

    private TestCollector(WebApplication app, TemporaryFolder scratch)
    {
        (_app, _scratch) = (app, scratch);
        Address = new Uri(Get<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public HttpClient Client { get; } = new();

    public Uri Address { get; }

    public MemoryLog Log => Get<MemoryLog>();

    public ManualTime Time => (ManualTime)Get<TimeProvider>();

    public string Database => _scratch.File("data/control.db");

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<TestCollector> StartAsync(
        CollectOptions? options = null, string? settings = null, Side side = Side.Both,
        Action<IServiceCollection>? services = null)
    {
        var scratch = new ScratchDirectory();
        var (log, time) = (new MemoryLog(), new ManualTime());
        var directory = DataDirectory.Open(scratch.In("data"), new PosixDisk());
        var store = ControlStore.Open(directory.ControlDatabase, time);
        store.CreateKey(new NewKey(KeyRole.Write, "acme", "web", WriteKey));
        store.CreateKey(new NewKey(KeyRole.Read, "acme", "", ReadKey));
        string? settingsFile = null;
        if (settings is not null)
        {
            settingsFile = scratch.File(SettingsFile.Name);
            File.WriteAllText(settingsFile, settings);
        }
        // The loop sleeps: tests say when it does something.
        var edge = (options ?? new CollectOptions()) with { ControlEvery = TimeSpan.FromDays(1) };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var listener = new Listener(new ListenAddress(IPAddress.Loopback, 0), side);
        builder.WebHost.UseMillraceKestrel([listener], edge);
        builder.Services.AddLogging().AddSingleton<TimeProvider>(time).AddControl(directory, settingsFile);
        builder.Services.AddSingleton(log).AddSingleton(log.AsCollectLog(new byte[32]))
            .AddSingleton<IProtocol, ArrayProtocol>().AddCollect();
        var app = builder.Build();
        app.UseDoor();
        app.UseCollect();
        app.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return new TestCollector(app, scratch);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpContent body, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, "/v1/events")) { Content = body };
        request.Headers.Add("Authorization", "Bearer " + WriteKey);
        change?.Invoke(request);
        return await Client.SendAsync(request);
    }

    public Task<HttpResponseMessage> SendAsync(string body, Action<HttpRequestMessage>? change = null) =>
        SendAsync(new ByteArrayContent(Encoding.UTF8.GetBytes(body)), change);

    /// <summary>Opens a socket and writes bytes that no HTTP client would.</summary>
    public async Task<Socket> ConnectAsync(string text)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(text));
        return socket;
    }

    /// <summary>The status line of the answer to a request that is wrong on the wire.</summary>
    public async Task<string> AnswerToAsync(string text)
    {
        using var socket = await ConnectAsync(text);
        return await ReadStatusAsync(socket);
    }

    public static async Task<string> ReadStatusAsync(Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket));
        return await reader.ReadLineAsync() ?? "closed";
    }

    /// <summary>Lets time pass and does what the loop beside the requests would then do.</summary>
    public Task PassAsync(TimeSpan time)
    {
        Time.Advance(time);
        return Get<CollectService>().TickAsync();
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _scratch.Dispose();
    }
}
