using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Control;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Control;

public sealed class ControlStoreTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ManualTime _time = new();

    private string Database => _scratch.File("control.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _scratch.Dispose();
    }

    [Theory]
    [InlineData("write", "mr_w_")]
    [InlineData("read", "mr_r_")]
    [InlineData("admin", "mr_a_")]
    public void Makes_long_random_keys_and_keeps_their_hash_only(string role, string prefix)
    {
        var store = Open();

        var (grant, value) = store.CreateKey(new NewKey(Enum.Parse<KeyRole>(role, true), "acme", "web", null));
        var (_, other) = store.CreateKey(new NewKey(Enum.Parse<KeyRole>(role, true), "acme", "web", null));

        value.ShouldStartWith(prefix);
        value.Length.ShouldBeGreaterThanOrEqualTo(prefix.Length + 32);
        value.ShouldNotBe(other);
        store.Keys().ShouldContain(key => key.Grant.Hash.Equals(grant.Hash) && key.Revoked == null);
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_scratch.Path))
        {
            Encoding.Latin1.GetString(File.ReadAllBytes(file)).ShouldNotContain(value);
        }
    }

    [Theory]
    [InlineData("write", "", null)]
    [InlineData("read", "", null)]
    [InlineData("write", "Acme", null)]
    [InlineData("write", "-acme", null)]
    [InlineData("write", "a/../b", null)]
    [InlineData("write", "acme", "too-short")]
    [InlineData("write", "acme", "a key with spaces 0123456789 0123456789")]
    public void Refuses_a_key_that_breaks_the_rules(string role, string tenant, string? value)
    {
        var mistake = Should.Throw<OperatorException>(() =>
            Open().CreateKey(new NewKey(Enum.Parse<KeyRole>(role, true), tenant, "", value)));

        mistake.ExitCode.ShouldBe(2);
    }

    [Fact]
    public void Takes_a_given_value_once()
    {
        var key = new NewKey(KeyRole.Write, "acme", "", "a-value-of-my-own-0123456789-0123456789");
        Open().CreateKey(key);

        Should.Throw<OperatorException>(() => Open().CreateKey(key with { Tenant = "globex" }));

        Open().Tenants().ShouldBe(["acme"]);
    }

    [Fact]
    public void Revokes_a_key_once()
    {
        var store = Open();
        var (grant, _) = store.CreateKey(new NewKey(KeyRole.Write, "acme", "", null));

        store.RevokeKey(grant.Id).ShouldBeTrue();
        store.RevokeKey(grant.Id).ShouldBeFalse();
        store.Keys().Single().Revoked.ShouldBe(_time.GetUtcNow());
    }

    [Fact]
    public void Is_not_opened_when_a_newer_millrace_wrote_it()
    {
        using (var database = Open().Connect())
        {
            using var command = database.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Should.Throw<OperatorException>(Open).Message.ShouldContain("newer Millrace");
    }

    [Fact]
    public void Adds_the_keys_of_the_settings_and_never_brings_back_a_revoked_one()
    {
        const string declared = "declared-in-the-settings-0123456789-abc";
        const string revoked = "revoked-in-the-database-0123456789-abcd";
        var file = _scratch.File(SettingsFile.Name);
        File.WriteAllText(file, "{\"tenants\":{\"globex\":{\"sources\":{\"web\":{\"keys\":"
            + $"[\"{declared}\",\"{revoked}\"]" + "}}}}}");
        var store = Open();
        var (_, made) = store.CreateKey(new NewKey(KeyRole.Write, "acme", "", null));
        store.RevokeKey(store.CreateKey(new NewKey(KeyRole.Write, "globex", "", revoked)).Grant.Id);
        var settings = new LiveSettings(NullLogger<LiveSettings>.Instance);
        settings.Start(file);

        using var live = new LiveControl(store, settings, _time, NullLogger<LiveControl>.Instance);

        Find(live, declared)!.Tenant.ShouldBe("globex");
        Find(live, made)!.Tenant.ShouldBe("acme");
        Find(live, revoked).ShouldBeNull();
        Find(live, made[..^1]).ShouldBeNull();
        live.Current.Tenants.ShouldBe(["acme", "globex"]);
    }

    [Fact]
    public void Has_one_version_for_the_same_tenants_whatever_the_keys()
    {
        var grant = new KeyGrant("k", KeyHash.Of("x"u8), "a", "s", KeyRole.Write);

        var version = new ControlSnapshot(["b", "a"], [], new RefineSettings()).Version.ToArray();

        new ControlSnapshot(["b"], [grant], new RefineSettings()).Version.ToArray().ShouldBe(version);
        new ControlSnapshot(["a", "b", "c"], [], new RefineSettings()).Version.ToArray().ShouldNotBe(version);
    }

    private static KeyGrant? Find(LiveControl live, string key) => live.Current.Find(Encoding.UTF8.GetBytes(key));

    private ControlStore Open() => ControlStore.Open(Database, _time);
}
