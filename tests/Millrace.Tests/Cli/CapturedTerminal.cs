using System.Text;
using Millrace.Cli;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Cli;

/// <summary>Runs command lines and keeps what they print.</summary>
internal sealed class CapturedTerminal
{
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();

    public string Input { get; init; } = "";

    public Dictionary<string, string> Variables { get; } = [];

    public TimeProvider Clock { get; init; } = new ImpatientClock();

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    /// <summary>Standard output as a stream.</summary>
    public string Data { get; private set; } = "";

    public async Task<int> RunAsync(params string[] arguments)
    {
        using var data = new MemoryStream();
        await using var output = new StringWriter(_out);
        await using var error = new StringWriter(_error);
        var terminal = new Terminal
        {
            Out = output,
            Error = error,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
            OpenOutput = () => data,
            Variable = Variables.GetValueOrDefault,
            Clock = Clock,
        };
        var exitCode = await CommandLine.RunAsync(arguments, terminal, CancellationToken.None);
        Data = Encoding.UTF8.GetString(data.ToArray());
        return exitCode;
    }
}
