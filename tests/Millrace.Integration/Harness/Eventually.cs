namespace Millrace.Integration;

/// <summary>Waits for a condition of the world outside, never for an amount of time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks again and again until what it sees is right.</summary>
    /// <exception cref="TimeoutException">It was not within the deadline; tells what was seen last.</exception>
    public static async Task<T> SeeAsync<T>(Func<Task<T>> look, Func<T, bool> isRight, TimeSpan? deadline = null)
    {
        var until = DateTime.UtcNow + (deadline ?? TimeSpan.FromSeconds(60));
        while (true)
        {
            var seen = await look();
            if (isRight(seen))
            {
                return seen;
            }
            if (DateTime.UtcNow > until)
            {
                throw new TimeoutException($"Not within {deadline ?? TimeSpan.FromSeconds(60)}; last seen: {seen}");
            }
            await Task.Delay(Pause);
        }
    }

    public static Task BeTrueAsync(Func<bool> isRight, TimeSpan? deadline = null) =>
        SeeAsync(() => Task.FromResult(isRight()), right => right, deadline);
}
