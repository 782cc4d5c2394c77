namespace Millrace.Generate;

/// <summary>A phone that has its network back sends what it kept: consecutive lines of one visit, hours old.</summary>
internal sealed class OfflineRun(Chance chance, Sessions sessions)
{
    private const double LinesMean = (TrafficModel.OfflineRunMin + TrafficModel.OfflineRunMax) / 2.0;

    /// <summary>The chance that a line outside a run begins one, so that runs hold their share of all lines.</summary>
    private const double BeginChance = TrafficModel.OfflineShare / (1 - TrafficModel.OfflineShare) / LinesMean;

    private Session _session;
    private long _clientMilliseconds;
    private int _left;

    /// <summary>Goes on with a run or perhaps begins one.</summary>
    /// <returns>False: this line is not part of a run.</returns>
    public bool TryTake(long now)
    {
        if (_left == 0 && !chance.Is(BeginChance))
        {
            return false;
        }
        if (_left == 0)
        {
            var hours = TrafficModel.OfflineHoursMin +
                chance.Unit() * (TrafficModel.OfflineHoursMax - TrafficModel.OfflineHoursMin);
            _clientMilliseconds = now - (long)(hours * 3_600_000);
            _session = sessions.Begin(_clientMilliseconds, DeviceKind.App);
            _left = TrafficModel.OfflineRunMin +
                chance.Below(TrafficModel.OfflineRunMax - TrafficModel.OfflineRunMin + 1);
        }
        _left--;
        return true;
    }

    public ref readonly Session Session => ref _session;

    /// <summary>What the run's next line says: when it happened, and that it is sent now.</summary>
    public Moment MomentAt(long now) => new(Math.Min(_clientMilliseconds, now - 60_000), now);

    public void Advance()
    {
        sessions.AdvanceOutside(ref _session);
        _clientMilliseconds += sessions.ThinkMilliseconds();
    }
}
