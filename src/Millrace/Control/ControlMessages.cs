using Microsoft.Extensions.Logging;

namespace Millrace.Control;

internal static partial class ControlMessages
{
    [LoggerMessage(Level = LogLevel.Information, Message = "The settings of {Path} were read again and are in force.")]
    public static partial void SettingsReloaded(this ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changed settings of {Slices} count only after a restart.")]
    public static partial void SettingsNeedRestart(this ILogger logger, string slices);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The changed settings are wrong and were not taken; the previous ones stay in force. {Fault}")]
    public static partial void SettingsRefused(this ILogger logger, string fault);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "control.db could not be read; keys and tenants stay as they were. {Reason}")]
    public static partial void ControlUnreadable(this ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Keys} keys of {Tenants} tenants are in force.")]
    public static partial void ControlRead(this ILogger logger, int keys, int tenants);
}
