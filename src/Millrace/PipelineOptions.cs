using Microsoft.Extensions.Logging;
using Millrace.Control;

namespace Millrace;

/// <summary>What a process does; <c>--roles</c>.</summary>
[Flags]
internal enum Roles
{
    Collect = 1, Lake = 2, Query = 4,
    All = Collect | Lake | Query,
}

internal static class RolesText
{
    /// <summary>Reads <c>collect,lake,query</c>. <c>watch</c> runs in every process and may be named.</summary>
    /// <exception cref="OperatorException">A name is none of them.</exception>
    public static Roles Parse(string text)
    {
        var roles = default(Roles);
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            roles |= name switch
            {
                "collect" => Roles.Collect,
                "lake" => Roles.Lake,
                "query" => Roles.Query,
                "watch" => default,
                _ => throw new OperatorException(OperatorException.BadUsage,
                    $"--roles names '{name}'; the roles are collect, lake, query and watch."),
            };
        }
        return roles;
    }

    /// <summary>Names of the roles, each of which one process may run on a directory.</summary>
    public static IEnumerable<string> Names(this Roles roles) =>
        Enum.GetValues<Roles>().Where(role => role != Roles.All && roles.HasFlag(role))
            .Select(role => role.ToString().ToLowerInvariant());
}

/// <summary>What <c>millrace up</c> was told.</summary>
internal sealed record PipelineOptions
{
    public required string Data { get; init; }

    /// <summary>A <c>millrace.json</c>; null: there is none.</summary>
    public string? SettingsFile { get; init; }

    /// <summary>HOST:PORT of the collect side; null: the settings, else 127.0.0.1:8080. Port 0: any free one.</summary>
    public string? Http { get; init; }

    /// <summary>HOST:PORT of the read side; null: the settings, else the same as <see cref="Http"/>.</summary>
    public string? Api { get; init; }

    public Roles Roles { get; init; } = Roles.All;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
