using System.CommandLine;
using System.Text;
using System.Text.Json;
using Millrace.Control;
using Millrace.Log;

namespace Millrace.Cli;

/// <summary><c>millrace key create | list | revoke</c>, on a data directory or through a server's API.</summary>
internal sealed class KeyVerb
{
    private const string DefaultData = "./millrace-data";

    private readonly Option<string?> _data =
        Arguments.Text("--data", "DIR", $"The data directory. Default {DefaultData}.");
    private readonly Option<Uri?> _to = Arguments.Address("--to", "A server instead of a directory.");
    private readonly Option<string?> _key =
        Arguments.Text("--key", "K",
            $"An admin key of that server. Default: the environment's {Arguments.KeyVariable}.");
    private readonly Option<bool> _json = Verb.Json("id, tenant, source, role, key; or keys; or revoked");
    private readonly Terminal _terminal;

    private KeyVerb(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new KeyVerb(terminal);
        return new Verb("key", "Make, list and revoke keys.",
            "millrace key create --tenant acme --source web", "millrace key list", "millrace key revoke 7k2p9x0a1b3c")
        {
            verb.CreateCommand(), verb.ListCommand(), verb.RevokeCommand(),
        };
    }

    private Verb CreateCommand()
    {
        var tenant = Arguments.Text("--tenant", "T", "Whose events; needed but for an admin key.");
        var source = Arguments.Text("--source", "S", "Where the events come from.");
        var role = Arguments.Text("--role", "ROLE", "write (the default), read or admin.");
        var value =
            Arguments.Text("--value", "V", "The key itself, at least 32 characters. Default: a new random one.");
        role.AcceptOnlyFromAmong("write", "read", "admin");
        var command = New("create", "Make a key and print it: this once.",
            "millrace key create --tenant acme --source web", "KEY=$(millrace key create --role admin)");
        foreach (var option in new Option[] { tenant, source, role, value })
        {
            command.Add(option);
        }
        command.SetAction(async (parsed, stop) =>
        {
            var key = new NewKey(Enum.Parse<KeyRole>(parsed.GetValue(role) ?? "write", ignoreCase: true),
                parsed.GetValue(tenant) ?? "", parsed.GetValue(source) ?? "", parsed.GetValue(value));
            using var server = Server(parsed);
            return Print(parsed, server is null ? CreateHere(parsed, key) : await server.CreateAsync(key, stop),
                PrintCreated);
        });
        return command;
    }

    private Verb ListCommand()
    {
        var command = New("list", "List every key that was made, without its value.", "millrace key list --data DIR");
        command.SetAction(async (parsed, stop) =>
        {
            using var server = Server(parsed);
            return Print(parsed, server is null ? KeyJson.List(ExistingStore(parsed).Keys())
                : await server.ListAsync(stop), PrintList);
        });
        return command;
    }

    private Verb RevokeCommand()
    {
        var id = new Argument<string>("ID") { Description = "As 'millrace key list' shows it." };
        var command = New("revoke", "End a key; servers know within a second.", "millrace key revoke 7k2p9x0a1b3c");
        command.Add(id);
        command.SetAction(async (parsed, stop) =>
        {
            var wanted = parsed.GetValue(id)!;
            using var server = Server(parsed);
            if (server is not null)
            {
                await server.RevokeAsync(wanted, stop);
            }
            else if (!ExistingStore(parsed).RevokeKey(wanted))
            {
                throw new CliError($"There is no key '{wanted}' in force; 'millrace key list' shows those there are.");
            }
            return Print(parsed, KeyJson.Revoked(wanted), (terminal, _) =>
                terminal.Out.WriteLine($"Key {wanted} is revoked."));
        });
        return command;
    }

    private Verb New(string name, string description, params string[] examples)
    {
        var command = new Verb(name, description, examples);
        foreach (var option in new Option[] { _data, _to, _key, _json })
        {
            command.Add(option);
        }
        return command;
    }

    private byte[] CreateHere(ParseResult parsed, NewKey key)
    {
        // Checked before the directory is made: a mistake leaves nothing behind.
        if (KeyRules.Fault(key) is { } fault)
        {
            throw CliError.Usage(fault);
        }
        var (grant, value) = Store(parsed).CreateKey(key);
        return KeyJson.Created(grant, value);
    }

    private ControlStore ExistingStore(ParseResult parsed) => Directory.Exists(Data(parsed)) ? Store(parsed)
        : throw CliError.Usage($"There is no data directory '{Data(parsed)}': give --data DIR.");

    private ControlStore Store(ParseResult parsed) =>
        ControlStore.Open(DataDirectory.Open(Data(parsed), new PosixDisk()).ControlDatabase, _terminal.Clock);

    private string Data(ParseResult parsed) => parsed.GetValue(_data) ?? DefaultData;

    private KeyClient? Server(ParseResult parsed) =>
        parsed.GetValue(_to) is { } to ? new KeyClient(to, Arguments.Key(parsed, _key, _terminal)) : null;

    private int Print(ParseResult parsed, byte[] json, Action<Terminal, JsonElement> print)
    {
        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(Encoding.UTF8.GetString(json));
            return CliError.Done;
        }
        using var document = JsonDocument.Parse(json);
        print(_terminal, document.RootElement);
        return CliError.Done;
    }

    // The key alone on standard output, so that a script can take it.
    private static void PrintCreated(Terminal terminal, JsonElement made)
    {
        terminal.Out.WriteLine(Text(made, "key"));
        var (id, role, tenant) = (Text(made, "id"), Text(made, "role"), Text(made, "tenant"));
        terminal.Error.WriteLine($"This is {role} key {id} of tenant '{tenant}'. Keep it: it is shown only now.");
    }

    private static void PrintList(Terminal terminal, JsonElement list)
    {
        terminal.Out.WriteLine($"{"ID",-18}{"ROLE",-7}{"TENANT",-20}{"SOURCE",-20}{"CREATED",-34}REVOKED");
        foreach (var key in list.GetProperty("keys").EnumerateArray())
        {
            terminal.Out.WriteLine($"{Text(key, "id"),-18}{Text(key, "role"),-7}{Text(key, "tenant"),-20}"
                + $"{Text(key, "source"),-20}{Text(key, "created"),-34}{Text(key, "revoked")}");
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";
}
