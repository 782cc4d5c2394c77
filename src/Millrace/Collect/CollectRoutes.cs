using System.Collections.Frozen;
using System.Text;
using Millrace.Protocols;

namespace Millrace.Collect;

/// <summary>A route with what every request on it needs, made once.</summary>
internal sealed record CollectRoute(IProtocol Protocol, ProtocolRoute Route)
{
    public ReadOnlyMemory<byte> ProtocolUtf8 { get; } = Encoding.ASCII.GetBytes(Protocol.Name);

    public ReadOnlyMemory<byte> PathUtf8 { get; } = Encoding.ASCII.GetBytes(Route.Path);

    public RouteCounts Counts { get; } = new();
}

/// <summary>Every path of every protocol, with and without a trailing slash.</summary>
internal sealed class CollectRoutes
{
    private readonly FrozenDictionary<string, CollectRoute> _byPath;
    private readonly List<CollectRoute> _all = [];

    /// <exception cref="ArgumentException">Two protocols have the same path.</exception>
    public CollectRoutes(IEnumerable<IProtocol> protocols)
    {
        var byPath = new Dictionary<string, CollectRoute>(StringComparer.Ordinal);
        foreach (var protocol in protocols)
        {
            foreach (var route in protocol.Routes)
            {
                var collected = new CollectRoute(protocol, route);
                _all.Add(collected);
                byPath.Add(route.Path, collected);
                byPath.Add(route.Path + "/", collected);
            }
        }
        _byPath = byPath.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public IReadOnlyList<CollectRoute> All => _all;

    public CollectRoute? Find(string? path) => path is null ? null : _byPath.GetValueOrDefault(path);
}
