using System.Security.Cryptography;
using System.Text.Json;
using Millrace.Control;

namespace Millrace.Refine;

/// <summary>The rules that a control version says, by its content hash.
/// Versions are immutable, so they are read once.</summary>
internal sealed class RulesInForce(ControlStore store)
{
    private const int VersionsMax = 1_000;

    private readonly Dictionary<string, RefineRules> _known = [];

    /// <exception cref="InvalidDataException">control.db does not hold the version, or not as it was: it was replaced
    /// or is damaged.</exception>
    public RefineRules Of(ReadOnlySpan<byte> hash)
    {
        if (hash.IndexOfAnyExcept((byte)0) < 0)
        {
            return RefineRules.Default;
        }
        var name = Convert.ToHexStringLower(hash);
        if (!_known.TryGetValue(name, out var rules))
        {
            if (_known.Count >= VersionsMax)
            {
                _known.Clear();
            }
            var content = store.Version(hash.ToArray());
            if (content is null || !SHA256.HashData(content).AsSpan().SequenceEqual(hash))
            {
                throw new InvalidDataException($"control.db does not hold control version {name}, which the log names"
                    + $"{(content is null ? "" : ", as it was")}: restore the control.db of this directory.");
            }
            _known[name] = rules = Read(content);
        }
        return rules;
    }

    private static RefineRules Read(byte[] content)
    {
        using var json = JsonDocument.Parse(content);
        return json.RootElement.TryGetProperty("event_bytes_max", out var bytes)
            ? new RefineRules(bytes.GetInt32()) : RefineRules.Default;
    }
}
