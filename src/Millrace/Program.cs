using Millrace.Cli;

using var stop = new StopSignals();
return await CommandLine.RunAsync(args, Terminal.OfProcess(), stop.Token);
