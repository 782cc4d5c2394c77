using System.Reflection;
using Millrace.Fuzz;

try
{
    var options = CampaignOptions.Parse(args);
    var context = new InstrumentedContext(TargetList.Find(options.Target).Namespaces);
    return (int)context.Method(typeof(Campaign), nameof(Campaign.Run)).Invoke(null, [args, context.Blocks])!;
}
catch (ArgumentException mistake)
{
    Console.Error.WriteLine($"""
        Millrace.Fuzz: {mistake.Message}
        Millrace.Fuzz TARGET [--seconds N] [--seed N] [--corpus DIR] [--keep DIR] [--findings DIR] [--input FILE]
        Targets: {string.Join(' ', TargetList.All.Select(target => target.Name))}
        """);
    return 2;
}
catch (TargetInvocationException failure)
{
    Console.Error.WriteLine(failure.InnerException);
    return 1;
}
