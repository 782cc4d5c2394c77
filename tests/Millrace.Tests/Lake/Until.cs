namespace Millrace.Tests.Lake;

/// <summary>Waits for what other threads bring about.</summary>
internal static class Until
{
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    /// <summary>Looks until it holds; fails after 30 s.</summary>
    public static async Task TrueAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(GiveUpAfter);
        while (!holds())
        {
            await Task.Delay(1, patience.Token);
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{bool})"/>
    public static async Task TrueAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(GiveUpAfter);
        while (!await holds())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
