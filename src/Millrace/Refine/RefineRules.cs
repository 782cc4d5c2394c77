namespace Millrace.Refine;

/// <summary>What the operator declared that decides over rows;
/// part of the control version, so a replay finds it again.</summary>
/// <param name="EventBytesMax">A larger event fails with <c>event_too_large</c>.</param>
internal sealed record RefineRules(int EventBytesMax)
{
    public static readonly RefineRules Default = new(1_000_000);
}
