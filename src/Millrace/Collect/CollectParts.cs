namespace Millrace.Collect;

/// <summary>What the requests and the loop beside them share.</summary>
internal sealed record CollectParts(CollectLog Log, CollectOptions Options, TimeProvider Time)
{
    public required CollectRoutes Routes { get; init; }

    public required BodyBudget Budget { get; init; }

    public required RefusalTable Refusals { get; init; }

    public required CollectMetrics Metrics { get; init; }
}
