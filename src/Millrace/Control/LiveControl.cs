using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Millrace.Control;

/// <summary>Tenants and keys in force, refreshed when control.db or <c>millrace.json</c> changes, whoever changed
/// it.</summary>
/// <remarks><see cref="Current"/> is safe from any thread and never waits.</remarks>
internal sealed class LiveControl : IDisposable
{
    /// <summary>Half of the second within which a new key must be known.</summary>
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromMilliseconds(500);

    private readonly ControlStore _store;
    private readonly LiveSettings _settings;
    private readonly ILogger<LiveControl> _logger;
    private readonly SqliteConnection _watch;
    private readonly Lock _refreshing = new();
    private readonly ITimer _timer;
    private long _dataVersion = -1;
    private bool _isUnreadable;
    private bool _isDisposed;
    private volatile ControlSnapshot _current = ControlSnapshot.Empty;

    public LiveControl(ControlStore store, LiveSettings settings, TimeProvider time, ILogger<LiveControl> logger)
    {
        (_store, _settings, _logger) = (store, settings, logger);
        _watch = store.Connect();
        Refresh();
        _timer = time.CreateTimer(_ => Refresh(), null, RefreshEvery, RefreshEvery);
    }

    public ControlSnapshot Current => _current;

    /// <summary>Looks for changes now: after a write of our own, and on the timer.</summary>
    public void Refresh()
    {
        lock (_refreshing)
        {
            if (_isDisposed)
            {
                return;
            }
            var areSettingsNew = _settings.Refresh();
            try
            {
                // Taken before reading: a commit between the two is read twice, never missed.
                var dataVersion = ControlStore.DataVersion(_watch);
                if (dataVersion != _dataVersion || areSettingsNew)
                {
                    Read();
                    _dataVersion = dataVersion;
                }
                _isUnreadable = false;
            }
            catch (SqliteException failure)
            {
                _dataVersion = -1;
                if (!_isUnreadable)
                {
                    _logger.ControlUnreadable(failure.Message);
                }
                _isUnreadable = true;
            }
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_refreshing)
        {
            _isDisposed = true;
            _watch.Dispose();
        }
    }

    private void Read()
    {
        var snapshot = ControlSnapshot.Of(_store, _settings.Current);
        _current = snapshot;
        _logger.ControlRead(snapshot.Keys.Count, snapshot.Tenants.Count);
    }
}
