namespace Millrace.Control;

/// <summary>Whether a role can do its work now. Roles register theirs as singletons; <c>/readyz</c> asks all of
/// them.</summary>
/// <param name="Role">As in <c>--roles</c>.</param>
/// <param name="Fault">A sentence that says what is missing; null: ready. Quick, thread safe, never throws.</param>
internal sealed record ReadinessCheck(string Role, Func<string?> Fault);
