using System.Diagnostics;
using System.Text.Json;

namespace Millrace.Fuzz;

/// <summary>The loop: take an input, change it, run it, keep it if it reached something new.</summary>
/// <remarks>Runs in the instrumented copy of the program. One thread; the same seed and number of runs give the same
/// inputs.</remarks>
public sealed class Campaign
{
    /// <summary>A target that is broken breaks often; more examples of it teach nothing.</summary>
    private const int FindingsMax = 20;

    /// <summary>Runs spent on making a new input shorter.</summary>
    private const int ShorteningRunsMax = 64;

    private readonly Target _target;
    private readonly CampaignOptions _options;
    private readonly int _blocks;
    private readonly TargetRun _run;
    private readonly Corpus _corpus;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly Dictionary<string, string> _findings = [];
    private long _runs;

    private Campaign(Target target, CampaignOptions options, int blocks)
    {
        (_target, _options, _blocks) = (target, options, blocks);
        _run = target.Start();
        _corpus = new Corpus(blocks);
        _random = new Random(options.Seed);
        _mutator = new Mutator(_random, target.Dictionary);
    }

    /// <returns>The exit code: 1 if there were findings.</returns>
    public static int Run(string[] args, int blocks)
    {
        var options = CampaignOptions.Parse(args);
        var campaign = new Campaign(TargetList.Find(options.Target), options, blocks);
        return options.Input is { } input ? campaign.Repeat(File.ReadAllBytes(input)) : campaign.Go();
    }

    /// <summary>Runs one input where a debugger or a person sees what it throws.</summary>
    private int Repeat(byte[] input)
    {
        _run.Run(input);
        return 0;
    }

    private int Go()
    {
        Directory.CreateDirectory(_options.Findings);
        var clock = Stopwatch.StartNew();
        using var watch = new Watch(Path.Combine(_options.Findings, $"{_target.Name}-current"));
        foreach (var input in _run.Seeds.Concat(Corpus.Load(_options.Corpus)))
        {
            Try(input, watch);
        }
        while (clock.Elapsed < _options.Duration && _findings.Count < FindingsMax)
        {
            Try(_mutator.Mutate(_corpus.Pick(_random), _corpus.Pick(_random)), watch);
        }
        if (_options.Keep is { } folder)
        {
            Smallest().Save(folder);
        }
        Report(clock.Elapsed);
        return _findings.Count == 0 ? 0 : 1;
    }

    private void Try(byte[] input, Watch watch)
    {
        if (RunSafely(input, watch) && _corpus.News() is > 0 and var news)
        {
            Keep(input, news, watch);
        }
    }

    /// <summary>Keeps what of an input reaches the new places.</summary>
    private void Keep(byte[] input, int news, Watch watch)
    {
        var runs = 0;
        for (var piece = input.Length / 2; piece > 0 && runs < ShorteningRunsMax; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length && runs < ShorteningRunsMax; runs++)
            {
                byte[] shorter = [.. input[..at], .. input[(at + piece)..]];
                if (RunSafely(shorter, watch) && _corpus.News() >= news)
                {
                    input = shorter;
                }
                else
                {
                    at += piece;
                }
            }
        }
        if (RunSafely(input, watch))
        {
            _corpus.Add(input);
        }
    }

    /// <returns>False: it was a finding.</returns>
    private bool RunSafely(byte[] input, Watch watch)
    {
        Coverage.Of(_blocks).Clear();
        watch.Begin(input);
        _runs++;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _run.Run(input);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            FindingException.ThrowIf(allocated > _target.AllocatedMax, $"It allocated {allocated} bytes.");
            return true;
        }
        catch (Exception finding)
        {
            Find(input, finding);
            return false;
        }
    }

    private void Find(byte[] input, Exception finding)
    {
        // Told apart by kind and place: the words often hold what the input said.
        var place = finding.StackTrace?.Split('\n').Select(line => line.Trim())
            .FirstOrDefault(line => line.Contains("Millrace", StringComparison.Ordinal)
                && !line.Contains(nameof(FindingException), StringComparison.Ordinal));
        var kind = $"{finding.GetType().Name} {place}";
        if (_findings.ContainsKey(kind))
        {
            return;
        }
        var file = Path.Combine(_options.Findings, $"{_target.Name}-{Corpus.NameOf(input)}");
        File.WriteAllBytes(file, input);
        File.WriteAllText(file + ".txt", finding.ToString());
        _findings.Add(kind, file);
        Console.Error.WriteLine($"{_target.Name}: {file}\n{finding}\n");
    }

    /// <summary>A corpus that reaches as much: the smallest inputs first, those that add nothing left out.</summary>
    private Corpus Smallest()
    {
        var corpus = new Corpus(_blocks);
        foreach (var input in _corpus.Inputs.OrderBy(input => input.Length))
        {
            Coverage.Of(_blocks).Clear();
            _run.Run(input);
            if (corpus.News() > 0)
            {
                corpus.Add(input);
            }
        }
        return corpus;
    }

    private void Report(TimeSpan elapsed) => Console.WriteLine(JsonSerializer.Serialize(new
    {
        target = _target.Name,
        seed = _options.Seed,
        seconds = Math.Round(elapsed.TotalSeconds, 1),
        runs = _runs,
        cpu_seconds = Math.Round(Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds, 1),
        corpus = _corpus.Inputs.Count,
        corpus_bytes = _corpus.Bytes,
        blocks_hit = _corpus.BlocksHit,
        blocks = _blocks,
        findings = _findings.Values,
    }));
}
