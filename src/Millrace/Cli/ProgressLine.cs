using System.Globalization;

namespace Millrace.Cli;

/// <summary>One line on standard error that is redrawn while a person watches; nothing at all if nobody does.</summary>
internal sealed class ProgressLine(Terminal terminal) : IDisposable
{
    private const int BarCells = 24;
    private static readonly TimeSpan RedrawAfter = TimeSpan.FromMilliseconds(200);

    private readonly long _begin = terminal.Clock.GetTimestamp();
    private long _drawn;
    private int _width;

    /// <summary>Shows how far it is, at most five times a second.</summary>
    /// <param name="share">From 0 to 1; null: the end is not known, so there is no bar.</param>
    public void Show(long events, double? share)
    {
        if (!terminal.IsInteractive || (_drawn != 0 && terminal.Clock.GetElapsedTime(_drawn) < RedrawAfter))
        {
            return;
        }
        _drawn = terminal.Clock.GetTimestamp();
        var seconds = Math.Max(0.001, terminal.Clock.GetElapsedTime(_begin).TotalSeconds);
        var text = string.Create(
            CultureInfo.InvariantCulture, $"{Bar(share)}{events:n0} events, {events / seconds:n0}/s");
        terminal.Error.Write($"\r{text.PadRight(_width)}");
        terminal.Error.Flush();
        _width = text.Length;
    }

    /// <summary>Clears the line for what follows.</summary>
    public void Dispose()
    {
        if (_width > 0)
        {
            terminal.Error.Write($"\r{new string(' ', _width)}\r");
        }
    }

    private static string Bar(double? share)
    {
        if (share is not { } done)
        {
            return "";
        }
        var full = (int)(Math.Clamp(done, 0, 1) * BarCells);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{new string('=', full)}{new string(' ', BarCells - full)}] {done * 100,3:0} %  ");
    }
}
