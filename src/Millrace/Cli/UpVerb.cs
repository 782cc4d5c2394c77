using System.CommandLine;
using System.Text.Json;
using Millrace.Control;

namespace Millrace.Cli;

/// <summary><c>millrace up</c>: runs the pipeline until it is told to stop.</summary>
internal static class UpVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "up", "Run the pipeline: take events, keep them in the lake, answer questions.",
            "millrace up --data ./my-data",
            "millrace up --data /srv/events --config ./shop/millrace.json --http 0.0.0.0:8080 --api 127.0.0.1:8081",
            "millrace up --data /srv/events --roles collect");
        var data = new Option<string>("--data")
        {
            HelpName = "DIR", Description = "The data directory.", DefaultValueFactory = _ => "./millrace-data",
        };
        var config = Arguments.Text(
            "--config", "FILE", "A millrace.json; else the working directory's, if there is one.");
        var http = Arguments.Text(
            "--http", "HOST:PORT", "Where events come in; 127.0.0.1:8080 by default, port 0: any free one.");
        var api = Arguments.Text("--api", "HOST:PORT", "Where questions are answered; the same as --http by default.");
        var roles = new Option<string>("--roles")
        {
            HelpName = "ROLES", Description = "Which of collect, lake, query this process runs.",
            DefaultValueFactory = _ => "collect,lake,query",
        };
        var json = Verb.Json("ready, the address, once events are accepted");
        foreach (var option in new Option[] { data, config, http, api, roles, json })
        {
            verb.Add(option);
        }
        verb.SetAction((parsed, stop) => RunAsync(
            new PipelineOptions
            {
                Data = parsed.GetValue(data)!,
                SettingsFile = SettingsFile.Find(parsed.GetValue(config), Environment.CurrentDirectory),
                Http = parsed.GetValue(http),
                Api = parsed.GetValue(api),
                Roles = RolesText.Parse(parsed.GetValue(roles)!),
                Time = terminal.Clock,
            },
            address => parsed.GetValue(json)
                ? JsonSerializer.Serialize(new Dictionary<string, string> { ["ready"] = address })
                : $"millrace ready on {address}",
            terminal, stop));
        return verb;
    }

    private static async Task<int> RunAsync(
        PipelineOptions options, Func<string, string> ready, Terminal terminal, CancellationToken stop)
    {
        await using var pipeline = await Pipeline.StartAsync(options, stop);
        await terminal.Out.WriteLineAsync(ready(pipeline.Addresses[0]));
        await terminal.Out.FlushAsync(CancellationToken.None);
        try
        {
            await pipeline.RunAsync(stop);
            return CliError.Done;
        }
        catch (SliceFailedException failure)
        {
            await terminal.Error.WriteLineAsync(failure.InnerException!.ToString());
            throw new CliError($"A part of the pipeline failed and stopped the process: {failure.Message}");
        }
    }
}
