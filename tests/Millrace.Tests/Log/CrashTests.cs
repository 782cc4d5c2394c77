using System.Globalization;
using Millrace.Log;
using Millrace.Tests.Twins;

namespace Millrace.Tests.Log;

/// <summary>
/// The power goes behind each step of recorded runs, with what was not synced kept, lost or torn, and again inside the
/// recovery: what was acknowledged is there, nothing false is, and nothing counts as damage.
/// </summary>
/// <remarks>After "All file systems are not created equal" (Pillai and others, OSDI 2014). The environment variable
/// MILLRACE_SEEDS sets the number of runs, MILLRACE_FIRST_SEED where they begin.</remarks>
public class CrashTests
{
    private static readonly int Seeds = int.Parse(
        Environment.GetEnvironmentVariable("MILLRACE_SEEDS") ?? "10", CultureInfo.InvariantCulture);

    private static readonly int FirstSeed = int.Parse(
        Environment.GetEnvironmentVariable("MILLRACE_FIRST_SEED") ?? "0", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Keeps_what_was_acknowledged_in_every_crash_state()
    {
        int states = 0;
        for (int seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var run = new RecordedRun(seed);
            await run.Live();
            try
            {
                states += await CrashBehindEachStep(run, new Random(seed), $"seed {seed}");
            }
            catch (Exception wrong)
            {
                // Threads ran as they liked, so the seed alone may not do it again: this is what they did.
                throw new ShouldAssertException($"{wrong.Message}\n{run.Recording.Story}", wrong);
            }
        }
        TestContext.Current.SendDiagnosticMessage($"{states} crash states");
        states.ShouldBeGreaterThan(100 * Seeds);
    }

    private static async Task<int> CrashBehindEachStep(RecordedRun run, Random random, string when)
    {
        int states = 0;
        while (run.Recording.Step())
        {
            LogPromise promise = run.Promised.Copy();
            long published = PublishedEnd(run.Recording.Now);
            foreach ((long offset, int number) in run.Acknowledged.Where(pair => pair.Key < published))
            {
                promise.Records[offset] = number; // readers were told of it
            }
            string what = $"{when}, step {run.Recording.Done} of {run.Recording.Steps}";
            MemoryDisk crashed = run.Recording.Crashed(random);
            DiskRecording recovery = crashed.Record();
            await Recover(crashed, promise, $"{what}, first recovery");
            int cut = Math.Min(recovery.Steps, random.Next(1 + (recovery.Steps * 5 / 4))); // often behind all of it
            while (recovery.Done < cut)
            {
                recovery.Step();
            }
            await Recover(recovery.Crashed(random), promise, $"{what}, recovery cut at {recovery.Done}");
            states += 2;
        }
        return states;
    }

    /// <summary>Starts, appends and reads what is there.</summary>
    private static async Task Recover(MemoryDisk disk, LogPromise promise, string when)
    {
        var empty = new LogScenario();
        var log = new LogScenario
        {
            Disk = disk,
            Seed = when.GetHashCode(StringComparison.Ordinal) & 0xFFFFFF,
            Options = empty.Options with { FirstOffsetMin = promise.Committed.Offset },
        };
        await using LogWriter writer = log.Open();
        (await log.Append(writer, 1_000_000 + promise.Records.Count, 100)).ShouldBe(AppendRefusal.None, when);
        disk.Note(() => promise.Records.Add(log.Acknowledged.Keys.Single(), log.Acknowledged.Values.Single()));
        LogContents contents = Read(log, promise.Committed, when);
        foreach ((long offset, int number) in promise.Records.Concat(log.Acknowledged))
        {
            bool isThere = contents.Records.TryGetValue(offset, out int found);
            if (isThere ? found != number : offset >= promise.Committed.Offset)
            {
                throw new ShouldAssertException($"Record {number} at {offset} is lost: {when}.");
            }
        }
        contents.Damage.ShouldBeEmpty(when);
    }

    private static LogContents Read(LogScenario log, LogPosition from, string when)
    {
        try
        {
            return log.Read(from);
        }
        catch (ShouldAssertException wrong)
        {
            throw new ShouldAssertException($"{wrong.Message} {when}", wrong);
        }
    }

    private static long PublishedEnd(MemoryDisk disk)
    {
        if (disk.Contents("/log/synced") is not { Length: 32 })
        {
            return 0;
        }
        using SyncedFile file = SyncedFile.OpenForReading(disk, LogScenario.Directory)!;
        return file.Read().Offset;
    }
}
