using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Collect;
using Millrace.Control;
using Millrace.Tests.Collect;

namespace Millrace.Tests.Cli;

public sealed class KeyVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CapturedTerminal _terminal = new();

    private string Data => _folder.File("data");

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task Makes_directory_tenant_and_key_and_prints_the_key_alone()
    {
        var exit = await _terminal.RunAsync("key", "create", "--data", Data, "--tenant", "acme", "--source", "web");

        exit.ShouldBe(0);
        var value = _terminal.Out.Trim();
        value.ShouldStartWith("mr_w_");
        value.ShouldNotContain('\n');
        var store = ControlStore.Open(Path.Combine(Data, "control.db"), TimeProvider.System);
        store.Tenants().ShouldBe(["acme"]);
        store.Keys().Single().Grant.Source.ShouldBe("web");
    }

    [Fact]
    public async Task Lists_keys_without_their_values_and_revokes_one()
    {
        var made = new CapturedTerminal();
        await made.RunAsync("key", "create", "--data", Data, "--role", "admin", "--json");
        using var json = JsonDocument.Parse(made.Out);
        var (id, value) =
            (json.RootElement.GetProperty("id").GetString()!, json.RootElement.GetProperty("key").GetString()!);

        var revoked = await new CapturedTerminal().RunAsync("key", "revoke", id, "--data", Data);
        var again = await new CapturedTerminal().RunAsync("key", "revoke", id, "--data", Data);
        await _terminal.RunAsync("key", "list", "--data", Data, "--json");

        (revoked, again).ShouldBe((0, 1));
        _terminal.Out.ShouldContain(id);
        _terminal.Out.ShouldNotContain(value);
        using var list = JsonDocument.Parse(_terminal.Out);
        list.RootElement.GetProperty("keys")[0].GetProperty("revoked").ValueKind.ShouldBe(JsonValueKind.String);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "create", "give --tenant" },
        { "create --tenant Acme", "A tenant is" },
        { "create --tenant acme --value short", "32 to 256" },
        { "create --tenant acme --role owner", "owner" },
        { "list", "There is no data directory" },
        { "create --tenant acme --to nowhere", "--to must be" },
        { "create --tenant acme --to http://127.0.0.1:1", "A key is missing" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public async Task Says_what_is_wrong_and_leaves_nothing_behind(string arguments, string sentence)
    {
        var exit = await _terminal.RunAsync(["key", .. arguments.Split(' '), "--data", Data]);

        exit.ShouldBe(2);
        _terminal.Error.ShouldContain(sentence);
        Directory.Exists(Data).ShouldBeFalse();
    }

    [Fact]
    public async Task Makes_lists_and_revokes_keys_of_a_server()
    {
        var (app, address, admin) = await StartServerAsync();
        await using var server = app;
        _terminal.Variables["MILLRACE_KEY"] = admin;

        var exit = await _terminal.RunAsync("key", "create", "--to", address, "--tenant", "globex", "--json");
        using var made = JsonDocument.Parse(_terminal.Out);
        var id = made.RootElement.GetProperty("id").GetString()!;
        var key = System.Text.Encoding.UTF8.GetBytes(made.RootElement.GetProperty("key").GetString()!);
        var live = app.Services.GetRequiredService<LiveControl>();
        var known = live.Current.Find(key);
        var revoked = await new CapturedTerminal().RunAsync("key", "revoke", id, "--to", address, "--key", admin);

        (exit, revoked).ShouldBe((0, 0));
        known!.Tenant.ShouldBe("globex");
        live.Current.Find(key).ShouldBeNull();
    }

    [Fact]
    public async Task A_server_lets_nobody_but_an_admin_manage_keys()
    {
        var (app, address, _) = await StartServerAsync();
        await using var server = app;

        var exit = await _terminal.RunAsync("key", "list", "--to", address, "--key", TestCollector.WriteKey);

        exit.ShouldBe(1);
        _terminal.Error.ShouldContain("admin key");
    }

    [Fact]
    public async Task Says_that_a_server_does_not_answer()
    {
        var exit =
            await _terminal.RunAsync("key", "list", "--to", "http://127.0.0.1:1", "--key", TestCollector.WriteKey);

        exit.ShouldBe(1);
        _terminal.Error.ShouldContain("does not answer");
    }

    private async Task<(WebApplication App, string Address, string AdminKey)> StartServerAsync()
    {
        var directory = DataDirectory.Open(Data, new PlainDisk());
        var store = ControlStore.Open(directory.ControlDatabase, TimeProvider.System);
        store.CreateKey(new NewKey(KeyRole.Write, "acme", "", TestCollector.WriteKey));
        var (_, admin) = store.CreateKey(new NewKey(KeyRole.Admin, "", "", null));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseMillraceKestrel([new Listener(new ListenAddress(IPAddress.Loopback, 0), Side.Both)],
            new CollectOptions());
        builder.Services.AddLogging().AddRouting().AddSingleton(TimeProvider.System).AddControl(directory, null);
        var app = builder.Build();
        app.MapKeys();
        await app.StartAsync();
        return (app, app.Urls.Single(), admin);
    }
}
