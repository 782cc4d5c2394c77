using System.CommandLine;
using System.CommandLine.Help;
using Millrace.Control;

namespace Millrace.Cli;

/// <summary>Finds the verb, runs it, and turns whatever goes wrong into one sentence and an exit code.</summary>
internal static class CommandLine
{
    private static readonly ParserConfiguration Parser =
        new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var root = Root(terminal);
        if (arguments.Count == 0)
        {
            arguments = ["--help"];
        }
        var parsed = root.Parse(arguments, Parser);
        try
        {
            if (parsed.Action?.ClearsParseErrors != true && parsed.Errors.Count > 0)
            {
                throw CliError.Usage(Complaint(root, parsed));
            }
            var invocation = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // StopSignals does this, and waits for verbs that drain.
            };
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (CliError error)
        {
            return Fail(terminal, error.Message, error.ExitCode);
        }
        catch (OperatorException mistake)
        {
            return Fail(terminal, mistake.Message, mistake.ExitCode);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Fail(terminal, "Stopped before it was done; run it again to finish.", CliError.Failed);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Fail(terminal, error.Message, CliError.Failed);
        }
    }

    private static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Millrace: an event pipeline you own. Events in over HTTP, SQL answers out.")
        {
            UpVerb.Create(terminal),
            KeyVerb.Create(terminal),
            GenerateVerb.Create(terminal),
            SendVerb.Create(terminal),
            SqlVerb.Create(terminal),
            CheckVerb.Create(terminal),
            LogVerb.Create(terminal),
            TableVerb.Create(terminal),
            DemoVerb.Create(terminal),
            BenchVerb.Create(terminal),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new ExampleHelp((HelpAction)help.Action!);
        }
        return root;
    }

    private static string Complaint(RootCommand root, ParseResult parsed)
    {
        if (parsed.CommandResult.Command is RootCommand)
        {
            var verbs = string.Join(", ", root.Subcommands.Select(verb => verb.Name));
            return parsed.UnmatchedTokens.Count > 0
                ? $"There is no verb '{parsed.UnmatchedTokens[0]}'; the verbs are {verbs}."
                : $"A verb is missing; the verbs are {verbs}.";
        }
        var name = parsed.CommandResult.Command.Name;
        return $"{parsed.Errors[0].Message} Run 'millrace {name} --help' for what it takes.";
    }

    private static int Fail(Terminal terminal, string sentence, int exitCode)
    {
        terminal.Error.WriteLine($"millrace: {sentence.ReplaceLineEndings(" ")}");
        return exitCode;
    }
}
