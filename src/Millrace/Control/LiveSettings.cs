using Microsoft.Extensions.Logging;

namespace Millrace.Control;

/// <summary>The settings in force. A changed file is read whole and swapped in whole; a wrong one changes
/// nothing.</summary>
/// <remarks><see cref="Current"/> is safe from any thread; <see cref="Refresh"/> is called by one at a time.</remarks>
internal sealed class LiveSettings(ILogger<LiveSettings> logger)
{
    private readonly Func<string, string?> _environment = Environment.GetEnvironmentVariable;
    private string? _path;
    private (DateTime Written, long Bytes) _stamp;
    private Settings _started = Settings.Default;
    private volatile Settings _current = Settings.Default;

    public Settings Current => _current;

    /// <summary>Reads the file for the first time.</summary>
    /// <param name="path">Null: there is none, the defaults count.</param>
    /// <exception cref="OperatorException">Something in it is wrong.</exception>
    public void Start(string? path)
    {
        _path = path;
        if (path is not null)
        {
            _stamp = Stamp(path);
            _started = _current = SettingsFile.Read(path, _environment);
        }
    }

    /// <summary>Reads the file again if it changed.</summary>
    /// <returns>Whether <see cref="Current"/> is a new snapshot.</returns>
    public bool Refresh()
    {
        if (_path is null || Stamp(_path) is var stamp && stamp == _stamp)
        {
            return false;
        }
        _stamp = stamp;
        try
        {
            var changed = SettingsFile.Read(_path, _environment);
            var waiting = string.Join(", ", changed.NeedRestart(_started));
            _current = changed;
            logger.SettingsReloaded(_path);
            if (waiting.Length > 0)
            {
                logger.SettingsNeedRestart(waiting);
            }
            return true;
        }
        catch (OperatorException wrong)
        {
            logger.SettingsRefused(wrong.Message);
            return false;
        }
    }

    // A file that is gone has a stamp too: it is then read, which fails and keeps what counts.
    private static (DateTime, long) Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }
}
