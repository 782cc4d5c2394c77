using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Audit;
using Millrace.Control;
using Millrace.Log;

namespace Millrace.Cli;

/// <summary><c>millrace check</c>: is this data directory what it should be, and what to do if not.</summary>
internal static class CheckVerb
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Verb(
            "check", "Look for damage in a data directory, beside a running server or without one; exit 1 if there is.",
            "millrace check --data /srv/events",
            "millrace check --deep --data /srv/events --config ./shop/millrace.json");
        var data = new Option<string>("--data")
        {
            HelpName = "DIR", Description = "The data directory.", DefaultValueFactory = _ => "./millrace-data",
        };
        var config = Arguments.Text(
            "--config", "FILE", "A millrace.json; else the working directory's, if there is one.");
        var deep = new Option<bool>("--deep")
        {
            Description = "Read every byte: data files, id runs and hot segments too.",
        };
        var json = Verb.Json("ok, deep, checked, findings");
        foreach (var option in new Option[] { data, config, deep, json })
        {
            verb.Add(option);
        }
        verb.SetAction(async (parsed, stop) =>
        {
            var scope = new CheckScope(Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(deep))
            {
                Disk = new PosixDisk(), Time = terminal.Clock,
            };
            var settings = SettingsFile.Find(parsed.GetValue(config), Environment.CurrentDirectory);
            var report = await DirectoryCheck.RunAsync(scope, settings, stop);
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(Json(report, scope.IsDeep));
            }
            else
            {
                Write(report, terminal);
            }
            return report.Findings.Count == 0 ? CliError.Done : CliError.Failed;
        });
        return verb;
    }

    private static void Write(CheckReport report, Terminal terminal)
    {
        foreach (var finding in report.Findings)
        {
            terminal.Out.WriteLine($"{finding.Kind}: {finding.File}");
            terminal.Out.WriteLine($"  {Line(finding.Problem)}");
            terminal.Out.WriteLine($"  What to do: {finding.Advice}");
        }
        var looked = string.Join(", ", report.Checked.Select(
            pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} {pair.Key.Replace('_', ' ')}")));
        terminal.Out.WriteLine($"Looked at {looked}.");
        terminal.Out.WriteLine(report.Findings.Count switch
        {
            0 => "Nothing is damaged.",
            1 => "1 finding.",
            var many => string.Create(CultureInfo.InvariantCulture, $"{many} findings."),
        });
    }

    private static string Json(CheckReport report, bool isDeep)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", report.Findings.Count == 0);
            json.WriteBoolean("deep", isDeep);
            json.WriteStartObject("checked");
            foreach (var (what, number) in report.Checked)
            {
                json.WriteNumber(what, number);
            }
            json.WriteEndObject();
            json.WriteStartArray("findings");
            foreach (var finding in report.Findings)
            {
                json.WriteStartObject();
                json.WriteString("kind", finding.Kind);
                json.WriteString("file", finding.File);
                json.WriteString("problem", finding.Problem);
                json.WriteString("advice", finding.Advice);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static string Line(string text) => text.ReplaceLineEndings(" ");
}
