using System.CommandLine;
using System.Text;
using System.Text.Json;
using Millrace.Control;
using Millrace.Log;

namespace Millrace.Cli;

/// <summary><c>millrace key create | list | revoke</c>, on a data directory or through a server's API.</summary>
internal sealed class KeyVerb
{
    private readonly Option<string> _data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => "./millrace-data" };
    private readonly Option<string?> _to = new("--to") { Description = "A server's address instead of a directory, such as http://127.0.0.1:8080." };
    private readonly Option<string?> _key = new("--key") { Description = "An admin key of that server." };
    private readonly Option<bool> _json = new("--json") { Description = "Answers in JSON." };
    private readonly IDisk _disk;
    private readonly TimeProvider _time;

    private KeyVerb(IDisk disk, TimeProvider time) => (_disk, _time) = (disk, time);

    public static Command Create(Terminal terminal)
    {
        var verb = new KeyVerb(new PosixDisk(), terminal.Clock);
        var command = new Verb(
            "key", "Make, list and revoke keys.",
            "millrace key create --data ./my-data --tenant shop --source web",
            "millrace key create --to http://127.0.0.1:8080 --key ADMIN_KEY --tenant shop",
            "millrace key list --data ./my-data");
        foreach (var sub in new[] { verb.CreateKey(), verb.List(), verb.Revoke() })
        {
            command.Add(sub);
        }
        return command;
    }

    private Verb CreateKey()
    {
        var tenant = new Option<string>("--tenant") { Description = "Whose events; needed for write and read.", DefaultValueFactory = _ => "" };
        var source = new Option<string>("--source") { Description = "Where the events come from.", DefaultValueFactory = _ => "" };
        var role = new Option<string>("--role") { Description = "write, read or admin.", DefaultValueFactory = _ => "write" };
        var value = new Option<string?>("--value") { Description = "The key itself, at least 32 characters; made if not given." };
        role.AcceptOnlyFromAmong("write", "read", "admin");
        var command = New("create", "Make a key and print it, once.", "millrace key create --tenant shop --source web");
        foreach (var option in new Option[] { tenant, source, role, value })
        {
            command.Add(option);
        }
        command.SetAction(async (parsed, cancellation) =>
        {
            var key = new NewKey(Enum.Parse<KeyRole>(parsed.GetValue(role)!, ignoreCase: true), parsed.GetValue(tenant)!,
                parsed.GetValue(source)!, parsed.GetValue(value));
            using var client = Remote(parsed);
            var made = client is null ? CreateHere(parsed, key) : await client.CreateAsync(key, cancellation);
            return Print(parsed, made, PrintCreated);
        });
        return command;
    }

    private Verb List()
    {
        var command = New("list", "List every key that was made, without their values.", "millrace key list --json");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = Remote(parsed);
            var keys = client is null ? KeyJson.List(ExistingStore(parsed).Keys()) : await client.ListAsync(cancellation);
            return Print(parsed, keys, PrintList);
        });
        return command;
    }

    private Verb Revoke()
    {
        var id = new Argument<string>("ID") { Description = "As 'millrace key list' shows it." };
        var command = New("revoke", "End a key; servers know within a second.", "millrace key revoke 7k2p9x0a1b3c");
        command.Add(id);
        command.SetAction(async (parsed, cancellation) =>
        {
            var wanted = parsed.GetValue(id)!;
            using var client = Remote(parsed);
            if (client is not null)
            {
                await client.RevokeAsync(wanted, cancellation);
            }
            else if (!ExistingStore(parsed).RevokeKey(wanted))
            {
                throw new OperatorException(OperatorException.Failed,
                    $"There is no key '{wanted}' in force; 'millrace key list' shows those there are.");
            }
            var answer = Encoding.UTF8.GetBytes($$"""{"revoked":"{{JsonEncodedText.Encode(wanted)}}"}""");
            return Print(parsed, answer, (console, _) => console.Output.WriteLine($"Key {wanted} is revoked."));
        });
        return command;
    }

    private Verb New(string name, string description, string example)
    {
        var command = new Verb(name, description, example);
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
            throw new OperatorException(OperatorException.BadUsage, fault);
        }
        var (grant, value) = Store(parsed).CreateKey(key);
        return KeyJson.Created(grant, value);
    }

    private ControlStore ExistingStore(ParseResult parsed) => Directory.Exists(parsed.GetValue(_data)) ? Store(parsed)
        : throw new OperatorException(OperatorException.BadUsage, $"There is no data directory '{parsed.GetValue(_data)}': give --data.");

    private ControlStore Store(ParseResult parsed) =>
        ControlStore.Open(DataDirectory.Open(parsed.GetValue(_data)!, _disk).ControlDatabase, _time);

    private KeyClient? Remote(ParseResult parsed) => parsed.GetValue(_to) is not { } to ? null
        : new KeyClient(to, parsed.GetValue(_key) ?? throw new OperatorException(
            OperatorException.BadUsage, "--to needs --key with an admin key of that server."));

    private int Print(ParseResult parsed, byte[] json, Action<InvocationConfiguration, JsonElement> print)
    {
        var console = parsed.InvocationConfiguration;
        if (parsed.GetValue(_json))
        {
            console.Output.WriteLine(Encoding.UTF8.GetString(json));
            return 0;
        }
        using var document = JsonDocument.Parse(json);
        print(console, document.RootElement);
        return 0;
    }

    // The key alone on standard output, so that a script can take it.
    private static void PrintCreated(InvocationConfiguration console, JsonElement made)
    {
        console.Output.WriteLine(Text(made, "key"));
        console.Error.WriteLine($"Key {Text(made, "id")} ({Text(made, "role")}, tenant '{Text(made, "tenant")}') is made. "
            + "Its value is shown only now.");
    }

    private static void PrintList(InvocationConfiguration console, JsonElement list)
    {
        console.Output.WriteLine($"{"ID",-18}{"ROLE",-7}{"TENANT",-20}{"SOURCE",-20}{"CREATED",-27}REVOKED");
        foreach (var key in list.GetProperty("keys").EnumerateArray())
        {
            console.Output.WriteLine($"{Text(key, "id"),-18}{Text(key, "role"),-7}{Text(key, "tenant"),-20}"
                + $"{Text(key, "source"),-20}{Text(key, "created"),-27}{Text(key, "revoked")}");
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";
}
